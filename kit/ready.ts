/** Waits until a process reports that it is ready. */
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 100;
/** A process that accepts a connection but does not answer is asked again after this time. */
const ANSWER_MS = 2_000;

interface Answer {
  readonly isReady: boolean;
  /** Why it is not ready. */
  readonly text: string;
}

/** It did not become ready in time. */
class NotReadyError extends Error {
  override readonly name = "NotReadyError";
}

/**
 * Asks `url` until it answers 200.
 *
 * @throws NotReadyError with the last answer when it takes longer than `timeoutMs`
 * @throws AbortError when the signal is aborted
 */
export async function untilReady(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await poll(url, signal);
    if (answer.isReady) return;
    if (performance.now() > deadline) {
      throw new NotReadyError(`not ready after ${timeoutMs / 1000} s (${answer.text})`);
    }
    await wait(POLL_MS, undefined, { signal });
  }
}

async function poll(url: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const body: unknown = await response.json();
    return { isReady: response.ok, text: faultsOf(body) };
  } catch {
    signal.throwIfAborted();
    return { isReady: false, text: `no answer from ${url}` };
  }
}

/** The failed checks in a `/readyz` body. */
function faultsOf(body: unknown): string {
  if (typeof body !== "object" || body === null || !("checks" in body)) return "no checks reported";
  const faults = Object.entries(body.checks ?? {}).filter(([, state]) => state !== "ok");
  return faults.map(([name, state]) => `${name}: ${state}`).join(", ");
}
