/** Reads what moderators did on a video, or everywhere: newest first, page by page. */
import pLimit from "p-limit";
import type { ModerationStream } from "../../shared/bus/moderation-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  decodeModerationRecord,
  type ModerationAct,
} from "../../shared/protocol/moderation/record.ts";

/** Pages that are read at once; a page is read one record after the other. */
const READS_AT_ONCE = 8;
const READS_WAITING_LIMIT = 256;

/** An act as moderators get it. */
export interface ShownAct extends ModerationAct {
  /** Rises with each act; what `before` of the next page names. */
  readonly seq: number;
  readonly atMs: number;
}

export class ModerationReader {
  readonly #stream: Pick<ModerationStream, "last" | "next">;
  readonly #limit = pLimit(READS_AT_ONCE);

  constructor(stream: Pick<ModerationStream, "last" | "next">) {
    this.#stream = stream;
  }

  /**
   * @param target a video, or NO_VIDEO
   * @param before only acts before this `seq`; undefined: the newest
   * @throws OvationError moderation_unavailable
   */
  async page(target: string, before: number | undefined, limit: number): Promise<ShownAct[]> {
    if (this.#limit.pendingCount >= READS_WAITING_LIMIT) {
      throw new OvationError("moderation_unavailable", "too many reads of the record are waiting");
    }
    return await this.#limit(() => this.#page(target, before, limit));
  }

  async #page(target: string, before: number | undefined, limit: number): Promise<ShownAct[]> {
    const page: ShownAct[] = [];
    let sequence = await this.#newest(target, before);
    while (sequence > 0 && page.length < limit) {
      const message = await this.#stream.next(target, sequence);
      // Gone by its age, and so is all that was before it.
      if (message?.sequence !== sequence) break;
      const record = decodeModerationRecord(message.payload);
      if (record === undefined) break;
      const { prev, ...shown } = record;
      page.push({ seq: sequence, ...shown });
      sequence = prev;
    }
    return page;
  }

  /** The sequence of the newest one before `before`; 0: there is none. */
  async #newest(target: string, before: number | undefined): Promise<number> {
    const next = before === undefined ? undefined : await this.#stream.next(target, before);
    // The first one that is not before it names its predecessor.
    if (next !== undefined) return decodeModerationRecord(next.payload)?.prev ?? 0;
    return (await this.#stream.last(target))?.sequence ?? 0;
  }
}
