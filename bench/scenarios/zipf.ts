/** How an audience spreads over videos: a few have most of it (Zipf's law, exponent 1). */
import { share } from "../control/share.ts";

/** Divides `total` into `count` parts; they add up to `total`. The last ones may be 0. */
export function zipf(total: number, count: number): number[] {
  return share(
    total,
    Array.from({ length: count }, (_, index) => 1 / (index + 1)),
  );
}
