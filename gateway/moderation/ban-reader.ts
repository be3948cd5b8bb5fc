/** Reads bans for moderators, with all that is kept of them. */
import pMap from "p-map";
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bans } from "../../shared/moderation/bans.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { type Ban, decodeBan, hashOfActor } from "../../shared/protocol/moderation/ban.ts";
import { actorEntryKey } from "../../shared/protocol/subjects.ts";

const GETS_AT_ONCE = 16;

/** A ban in a page. */
export interface ListedBan extends Ban {
  /** Rises with each ban that is set; what `before` of the next page names. */
  readonly seq: number;
}

interface BanReaderOptions {
  readonly bans: Pick<Bans, "page">;
  readonly bucket: Pick<Bucket, "get">;
  readonly wallClock: () => number;
}

export class BanReader {
  readonly #options: BanReaderOptions;

  constructor(options: BanReaderOptions) {
    this.#options = options;
  }

  /**
   * @param scope a video, or NO_VIDEO for bans that hold everywhere
   * @throws OvationError ban_not_found, moderation_unavailable
   */
  async get(scope: string, actor: string): Promise<Ban> {
    const found = await this.#read(scope, hashOfActor(actor));
    const { wallClock } = this.#options;
    if (found === undefined || (found.untilMs !== null && found.untilMs <= wallClock())) {
      throw new OvationError("ban_not_found");
    }
    const { seq: _seq, ...ban } = found;
    return ban;
  }

  /**
   * Those set last first.
   * @param before only bans before this `seq`; undefined: the newest
   * @throws OvationError moderation_unavailable
   */
  async page(scope: string, before: number | undefined, limit: number): Promise<ListedBan[]> {
    const known = this.#options.bans.page(scope, before ?? Number.POSITIVE_INFINITY, limit);
    const read = await pMap(known, ([actor]) => this.#read(scope, actor), {
      concurrency: GETS_AT_ONCE,
    });
    // One may have been taken back meanwhile.
    return read.filter((ban) => ban !== undefined);
  }

  async #read(scope: string, actor: string): Promise<ListedBan | undefined> {
    try {
      const entry = await this.#options.bucket.get(actorEntryKey(scope, actor));
      const ban = entry?.value === undefined ? undefined : decodeBan(entry.value);
      return entry === undefined || ban === undefined ? undefined : { ...ban, seq: entry.revision };
    } catch (cause) {
      throw new OvationError("moderation_unavailable", undefined, { cause });
    }
  }
}
