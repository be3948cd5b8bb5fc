/** Whom `ovation ban` and `ovation unban` are about, and where. */
import type { Moderation, Ovation } from "../../server-sdk/index.ts";
import { boolean } from "../../shared/config/setting.ts";
import { UsageError } from "./command.ts";

export const targetSettings = {
  everywhere: boolean({
    default: false,
    doc: "On every video, in place of <video>. Needs a grant of every video.",
  }),
};

export interface Target {
  readonly actor: string;
  readonly moderation: Moderation;
  /** For people. */
  readonly where: string;
}

/** @throws UsageError */
export function targetOf(
  words: readonly string[],
  { everywhere }: { readonly everywhere: boolean },
  ovation: Ovation,
): Target {
  const [video = "", actor] = everywhere ? ["", ...words] : words;
  if (actor === undefined) {
    throw new UsageError("<actor> is missing; --everywhere is for all videos");
  }
  if (everywhere && words.length > 1) {
    throw new UsageError("with --everywhere, only <actor> is expected");
  }
  if (everywhere) return { actor, moderation: ovation.moderation, where: "everywhere" };
  return { actor, moderation: ovation.video(video).moderation, where: `on ${video}` };
}
