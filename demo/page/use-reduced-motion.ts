import { useSyncExternalStore } from "react";

const QUERY = matchMedia("(prefers-reduced-motion: reduce)");

export function prefersReducedMotion(): boolean {
  return QUERY.matches;
}

/** Whether the user's system is set to reduce motion. */
export function useReducedMotion(): boolean {
  return useSyncExternalStore((onChange) => {
    QUERY.addEventListener("change", onChange);
    return () => QUERY.removeEventListener("change", onChange);
  }, prefersReducedMotion);
}
