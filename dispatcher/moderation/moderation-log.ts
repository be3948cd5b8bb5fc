/** Keeps the record of what moderators do: an act is answered once it is in there. */
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { ModerationStream } from "../../shared/bus/moderation-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  encodeModerationRecord,
  type ModerationAct,
} from "../../shared/protocol/moderation/record.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";

const APPEND_TIMEOUT_MS = 2_000;
/** Other dispatchers that may record an act on the same video meanwhile. */
const RACES_LIMIT = 64;

interface ModerationLogOptions {
  readonly stream: Pick<ModerationStream, "append" | "last">;
  readonly now: WallClock;
}

export class ModerationLog {
  /** Acts that were recorded, by what was done. */
  readonly acts = new Map<string, number>();
  readonly #options: ModerationLogOptions;

  constructor(options: ModerationLogOptions) {
    this.#options = options;
  }

  /**
   * @param target a video, or NO_VIDEO
   * @throws OvationError moderation_unavailable; it may have been recorded all the same
   */
  async record(target: string, act: ModerationAct): Promise<void> {
    const { stream, now } = this.#options;
    const atMs = now();
    for (let race = 0; race < RACES_LIMIT; race += 1) {
      const prev = (await stream.last(target))?.sequence ?? 0;
      const payload = encodeModerationRecord({ ...act, atMs, prev });
      try {
        await stream.append(target, payload, prev, APPEND_TIMEOUT_MS);
        this.acts.set(act.act, (this.acts.get(act.act) ?? 0) + 1);
        return;
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
      }
    }
    throw new OvationError("moderation_unavailable", "too many acts at once on one video");
  }
}
