/** Sets bans and takes them back, and removes those that have long ended. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import type { Bans } from "../../shared/moderation/bans.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  BAN_LIMIT_MS,
  type Ban,
  type BanInput,
  decodeBan,
  encodeBan,
  hashOfActor,
} from "../../shared/protocol/moderation/ban.ts";
import { actorEntryKey } from "../../shared/protocol/subjects.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

/** A clock that is wrong by less than this removes no ban that still holds by the others. */
const KEPT_AFTER_END_MS = 86_400_000;
const SWEEP_EVERY_MS = 60_000;
/** Bans that one sweep removes. */
const SWEEP_LIMIT = 1_000;

interface BanKeeperOptions {
  readonly bans: Pick<Bans, "size" | "known" | "endedBefore">;
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly reaper: TombstoneReaper;
  readonly limit: number;
  readonly now: WallClock;
  readonly log: Log;
}

export class BanKeeper {
  readonly #options: BanKeeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: BanKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.reaper.start();
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
    }, SWEEP_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#options.reaper.stop();
  }

  /**
   * Sets a ban; it replaces the one that the actor has there.
   * @param scope a video, or NO_VIDEO
   * @throws OvationError field_invalid, bans_exceeded, moderation_unavailable
   */
  async put(scope: string, by: string | undefined, input: BanInput): Promise<Ban> {
    const { bans, bucket, limit, now } = this.#options;
    const { actor, mode, reason } = input;
    const hash = hashOfActor(actor);
    const atMs = now();
    const untilMs = endOf(input, atMs);
    if (bans.size >= limit && bans.known(scope, hash) === undefined) {
      throw new OvationError("bans_exceeded", `there are ${limit} bans already`, { limit });
    }
    const ban: Ban = {
      actor,
      mode,
      untilMs,
      ...(reason === undefined ? {} : { reason }),
      ...(by === undefined ? {} : { by }),
      atMs,
    };
    await available(bucket.put(actorEntryKey(scope, hash), encodeBan(ban)));
    return ban;
  }

  /**
   * Takes a ban back.
   * @param scope a video, or NO_VIDEO
   * @returns the ban, as it was
   * @throws OvationError ban_not_found, moderation_unavailable
   */
  async delete(scope: string, actor: string): Promise<Ban> {
    const { bucket, reaper, now } = this.#options;
    const key = actorEntryKey(scope, hashOfActor(actor));
    const entry = await available(bucket.get(key));
    const ban = entry?.value === undefined ? undefined : decodeBan(entry.value);
    const hasEnded = ban !== undefined && ban.untilMs !== null && ban.untilMs <= now();
    if (ban === undefined || hasEnded) throw new OvationError("ban_not_found");
    await available(reaper.remove(key));
    return ban;
  }

  async #sweep(): Promise<void> {
    const { bans, reaper, now, log } = this.#options;
    let removed = 0;
    try {
      for (const [scope, actor] of bans.endedBefore(now() - KEPT_AFTER_END_MS)) {
        if (removed >= SWEEP_LIMIT) break;
        removed += 1;
        const revision = bans.known(scope, actor)?.revision;
        await reaper.remove(actorEntryKey(scope, actor), revision).catch((error: unknown) => {
          // Set again meanwhile, or another dispatcher removed it.
          if (!(error instanceof RevisionConflict)) throw error;
        });
      }
    } catch (err) {
      log.debug({ err }, "bans that have ended can't be removed");
    }
  }
}

/** @throws OvationError field_invalid */
function endOf({ forMs, untilMs }: BanInput, now: number): number | null {
  if (forMs !== undefined) return now + forMs;
  if (untilMs === undefined) return null;
  const detail = { field: "untilMs" };
  if (untilMs <= now) {
    throw new OvationError("field_invalid", `untilMs: ${untilMs} is in the past`, detail);
  }
  if (untilMs > now + BAN_LIMIT_MS) {
    const limit = now + BAN_LIMIT_MS;
    const text = `untilMs: more than ten years from now; the limit is ${limit}`;
    throw new OvationError("field_invalid", text, { ...detail, limit });
  }
  return untilMs;
}

async function available<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new OvationError("moderation_unavailable", undefined, { cause });
  }
}
