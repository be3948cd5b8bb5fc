/** What a stack's metrics say of refusals, by wire and code. */
import type { TestStack } from "./stack.ts";

export type Refusals = Readonly<Record<string, number>>;

/** What is counted now, by `wire code`: at the gateways, and of services at the dispatchers. */
export async function countedRefusals(stack: TestStack): Promise<Refusals> {
  const pages = await Promise.all(
    [...stack.gateways, ...stack.dispatchers].map(async ({ opsPort }) => {
      return await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
    }),
  );
  const found: Record<string, number> = {};
  const sample = /^ovation_\w+_refused_total\{(?:wire|from)="(\w+)",code="(\w+)"\} (\d+)$/gm;
  for (const [, wire = "", code = "", value] of pages.join("\n").matchAll(sample)) {
    if (wire !== "gateway")
      found[`${wire} ${code}`] = Number(value) + (found[`${wire} ${code}`] ?? 0);
  }
  return found;
}

/** The `wire code`s that were counted in between. */
export function risen(before: Refusals, after: Refusals): readonly string[] {
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}
