/** A process with less of a processor than it needs, as a container's limit does it to one. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

export interface ThrottleTurn {
  readonly runMs: number;
  readonly stopMs: number;
}

/**
 * Lets the process run for a little and stand still for longer, turn after turn.
 * @returns lets it run again, and resolves when it does
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
