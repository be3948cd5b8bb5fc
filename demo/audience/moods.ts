/** What the simulated audience feels and wants: which reactions it sends, and what it votes for. */
import { REACTIONS } from "../contract.ts";
import type { OpenPoll } from "./messages.ts";

/** How long one reaction is the favourite. */
const MOOD_MS = 5_000;
/** How many of the reactions are the favourite one. */
const FAVOURITE_SHARE = 0.6;
/** A choice gets so many votes of the one before it, in the order of its popularity. */
const LESS_POPULAR = 0.6;

/**
 * @param now in milliseconds
 * @param chance from 0 up to 1
 */
export function moodAt(now: number, chance: number): string {
  const variants = REACTIONS.map(({ variant }) => variant);
  const place =
    chance < FAVOURITE_SHARE
      ? Math.floor(now / MOOD_MS)
      : Math.floor(((chance - FAVOURITE_SHARE) / (1 - FAVOURITE_SHARE)) * variants.length);
  return variants[place % variants.length] ?? variants[0] ?? "";
}

/**
 * The choice of a viewer. Each poll has another favourite.
 * @param chance from 0 up to 1
 */
export function choiceIn({ name, choices }: OpenPoll, chance: number): number {
  const shares = Array.from({ length: choices }, (_, rank) => LESS_POPULAR ** rank);
  let left = chance * shares.reduce((sum, share) => sum + share, 0);
  const rank = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  const favourite = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return (favourite + Math.max(0, rank)) % choices;
}
