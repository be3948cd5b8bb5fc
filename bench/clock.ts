/** One clock for all processes of a run: the machine's monotonic one, in microseconds. */

/** `performance.now()` begins with each process; this is where, on the machine's own clock. */
const PROCESS_START_US = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;

export function nowUs(): number {
  return PROCESS_START_US + performance.now() * 1_000;
}
