/** Gives a process less CPU than it needs, as a container's limit does. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

export interface ThrottleTurn {
  readonly runMs: number;
  readonly stopMs: number;
}

/**
 * Alternately lets the process run briefly and pauses it for longer.
 * @returns a function that ends the throttling, and resolves when the process runs again
 */
export function throttle(
  child: ChildProcess,
  { runMs, stopMs }: ThrottleTurn,
): () => Promise<void> {
  const over = new AbortController();
  const turns = async () => {
    while (!over.signal.aborted) {
      child.kill("SIGSTOP");
      await wait(stopMs);
      child.kill("SIGCONT");
      await wait(runMs);
    }
  };
  const throttled = turns();
  return async () => {
    over.abort();
    await throttled;
  };
}
