/** How an audience spreads over videos: a few have most of it (Zipf's law, exponent 1). */
import { share } from "../control/share.ts";

/** Parts of `total` over `count` places; they add up to it. The last ones may be 0. */
export function zipf(total: number, count: number): number[] {
  return share(
    total,
    Array.from({ length: count }, (_, index) => 1 / (index + 1)),
  );
}
