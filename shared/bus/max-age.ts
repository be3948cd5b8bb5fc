/** How long a stream keeps messages, as NATS has it. */
import { nanos } from "nats";

/** @param ms 0 or Infinity: forever */
export function maxAge(ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? 0 : nanos(ms);
}
