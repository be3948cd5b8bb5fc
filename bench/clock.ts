/** One clock for all processes of a run: the machine's monotonic clock, in microseconds. */

/** The zero of this process's `performance.now()` on the machine's monotonic clock. */
const PROCESS_START_US = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;

export function nowUs(): number {
  return PROCESS_START_US + performance.now() * 1_000;
}
