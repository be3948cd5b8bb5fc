/** How much CPU each process used in the measured part of some work. */
import { setTimeout as wait } from "node:timers/promises";
import type { Requested } from "./messages.ts";
import { usageOf } from "./proc.ts";
import type { ServerProcess } from "./system.ts";

interface Measured {
  readonly requested: Requested;
  /** Cores used, by kind of process. */
  readonly cores: Readonly<Record<string, number>>;
}

/** Does the work, and returns how many cores each kind of process used after the warm-up. */
export async function measured(
  processes: readonly ServerProcess[],
  times: { readonly warmUpMs: number; readonly measureMs: number },
  work: () => Promise<Requested>,
): Promise<Measured> {
  const working = work();
  await wait(times.warmUpMs);
  const { cores } = await coresWhile(processes, () => wait(times.measureMs));
  return { requested: await working, cores };
}

/** How many cores each kind of process used while something was done, and how long that took. */
export async function coresWhile(
  processes: readonly ServerProcess[],
  work: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly cores: Measured["cores"] }> {
  const use = () => processes.map(({ pid }) => usageOf(pid).cpuSeconds);
  const before = use();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const after = use();
  const cores: Record<string, number> = {};
  for (const [index, { kind }] of processes.entries()) {
    const used = ((after[index] ?? 0) - (before[index] ?? 0)) / seconds;
    cores[kind] = (cores[kind] ?? 0) + used;
  }
  return { seconds, cores };
}

export function coresText(cores: Readonly<Record<string, number>>): string {
  return Object.entries(cores)
    .map(([kind, used]) => `${kind} ${used.toFixed(2)}`)
    .join(", ");
}
