const QUERY = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the person has asked their system for less motion. */
export function prefersReducedMotion(): boolean {
  return QUERY.matches;
}
