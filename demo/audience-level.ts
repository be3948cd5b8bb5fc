/** Maps the slider to an audience: in fine steps while it is small, in coarse steps when large. */
import type { Audience } from "./contract.ts";

export const HIGHEST_LEVEL = 100;
const MOST: Audience = { viewers: 400, likesPerSecond: 5_000 };
const VIEWERS_POWER = 1.8;
const LIKES_POWER = 2.2;

/** The audience of a level from 0 to {@link HIGHEST_LEVEL}. */
export function audienceAt(level: number): Audience {
  const share = level / HIGHEST_LEVEL;
  return {
    viewers: Math.round(MOST.viewers * share ** VIEWERS_POWER),
    likesPerSecond: Math.round(MOST.likesPerSecond * share ** LIKES_POWER),
  };
}

/** The level closest to an audience, by its likes. */
export function levelOf({ likesPerSecond }: Audience): number {
  const share = Math.min(1, likesPerSecond / MOST.likesPerSecond) ** (1 / LIKES_POWER);
  return Math.round(share * HIGHEST_LEVEL);
}
