/** Polling for conditions that no event announces. */

const POLL_EVERY_MS = 5;
const DEFAULT_BOUND_MS = 60_000;

/** Polls until the condition holds; rejects after a bound. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  boundMs = DEFAULT_BOUND_MS,
): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${boundMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
