/** Which bans a search finds. */
import type { Ban } from "ovation-client";

/** @param words parts of the actor, the reason, the mode or who banned; each must be found */
export function foundBans(bans: readonly Ban[], words: string): readonly Ban[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return bans;
  return bans.filter(({ actor, reason = "", by = "", mode }) => {
    const text = `${actor}\n${reason}\n${by}\n${mode}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
