/** Divides viewers into whole numbers in given proportions, with nothing lost to rounding. */
import type { Audience } from "./messages.ts";

/** Parts of `total` in proportion to `weights`; they add up to `total`. */
export function share(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let given = 0;
  let seen = 0;
  return weights.map((weight) => {
    seen += weight;
    const upTo = sum === 0 ? 0 : Math.round((total * seen) / sum);
    const part = upTo - given;
    given = upTo;
    return part;
  });
}

/**
 * Gives each part its share of every audience. `weights` are the sizes of the parts: if they add up to
 * the audiences' viewers, each part gets exactly its size over all audiences together.
 */
export function shareOut(audiences: readonly Audience[], weights: readonly number[]): Audience[][] {
  const parts: Audience[][] = weights.map(() => []);
  const total = weights.reduce((all, weight) => all + weight, 0);
  const given = weights.map(() => 0);
  let seen = 0;
  for (const { video, viewers } of audiences) {
    seen += viewers;
    // The cumulative targets, so that small audiences are not all rounded the same way.
    const targets = share(seen, total === 0 ? weights.map(() => 1) : weights);
    let left = viewers;
    for (const [index, target] of targets.entries()) {
      const part = Math.max(0, Math.min(left, target - (given[index] ?? 0)));
      left -= part;
      given[index] = (given[index] ?? 0) + part;
      if (part > 0) parts[index]?.push({ video, viewers: part });
    }
  }
  return parts;
}
