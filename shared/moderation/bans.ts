/**
 * Who is banned, as this process knows it: the bucket `ov_bans`, followed, in memory. A ban ends by
 * its own time, compared with this process's clock at each check, so a clock that jumps changes
 * nothing but when it ends here.
 */
import type { Bucket } from "../bus/bucket.ts";
import type { Bus } from "../bus/connection.ts";
import { BucketFollower } from "../bus/follower.ts";
import { forEachInSlices } from "../lib/slices.ts";
import { OvationError } from "../protocol/errors.ts";
import { type BanMode, hashOfActor } from "../protocol/moderation/ban.ts";
import { NO_VIDEO } from "../protocol/subjects.ts";
import type { WallClock } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import { type BanSet, BanTable, type KnownBan } from "./ban-table.ts";

/** A watch that ends is noticed: this is only for what nobody foresaw. */
const RESYNC_INTERVAL_MS = 3_600_000;
/** Bans that are decoded in one go, in about 2 ms. */
const SLICE = 300;
/** Actors whose hashes are remembered: whoever publishes is soon checked again. */
const HASHES_LIMIT = 10_000;

interface BansOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  /** Whether to create the bucket where it is missing: only dispatchers may. */
  readonly mayCreate: boolean;
  readonly wallClock: WallClock;
  readonly log: Log;
}

export class Bans {
  readonly #options: BansOptions;
  readonly #follower: BucketFollower;
  readonly #started = Promise.withResolvers<void>();
  readonly #listeners = new Set<(set: BanSet | undefined) => void>();
  readonly #hashes = new Map<string, string>();
  #table = new BanTable();

  constructor(options: BansOptions) {
    this.#options = options;
    const { bus, bucket, mayCreate, log } = options;
    this.#follower = new BucketFollower({
      bus,
      bucket,
      mayCreate,
      resyncIntervalMs: RESYNC_INTERVAL_MS,
      log,
      handlers: {
        onSnapshot: async ({ entries }) => {
          const table = new BanTable();
          const all = [...entries.values()];
          all.sort((one, other) => one.revision - other.revision);
          await forEachInSlices(all, SLICE, ({ key, value, revision }) => {
            table.adopt(key, value, revision);
          });
          this.#table = table;
          this.#notify(undefined);
          this.#started.resolve();
        },
        onChange: ({ key, value, revision }) => {
          const set = this.#table.adopt(key, value, revision);
          if (set !== undefined) this.#notify(set);
        },
        onUnreadable: (err) => {
          log.debug({ err }, "the bans can't be read");
          this.#started.resolve();
        },
      },
    });
  }

  /** Bans that are known, those that have ended lately included. */
  get size(): number {
    return this.#table.size;
  }

  /** Resolves when they are known, or can't be read. */
  async start(): Promise<void> {
    this.#follower.start();
    await this.#started.promise;
  }

  async stop(): Promise<void> {
    this.#started.resolve();
    await this.#follower.stop();
  }

  /** Calls `listener` for each ban that is set, and with undefined when all were read again. */
  onSet(listener: (set: BanSet | undefined) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * The strictest ban of an actor that holds on a video now.
   * @param video or NO_VIDEO for those that hold everywhere
   */
  of(actor: string | undefined, video: string): KnownBan | undefined {
    const table = this.#table;
    // Mostly nobody is banned, and no hash is needed.
    if (actor === undefined || table.size === 0) return undefined;
    if (!table.has(NO_VIDEO) && !table.has(video)) return undefined;
    const hash = this.#hashOf(actor);
    const everywhere = this.#held(table.get(NO_VIDEO, hash));
    return video === NO_VIDEO
      ? everywhere
      : stricter(everywhere, this.#held(table.get(video, hash)));
  }

  /**
   * Whether an actor may publish on a video.
   * @param field the actor's name in an error, if the request has one
   * @returns whether only the actor itself may see what it publishes
   * @throws OvationError banned
   */
  requirePublishing(actor: string | undefined, video: string, field?: string): boolean {
    const ban = this.of(actor, video);
    if (ban === undefined) return false;
    if (ban.mode === "shadow") return true;
    throw bannedError(ban, field);
  }

  /**
   * @param video or NO_VIDEO for watching at all
   * @throws OvationError banned
   */
  requireWatching(actor: string | undefined, video: string): void {
    const ban = this.of(actor, video);
    if (ban?.mode === "ban") throw bannedError(ban);
  }

  /**
   * The bans of a scope that hold now, those set last first.
   * @param before only those with a lower revision
   */
  page(scope: string, before: number, limit: number): (readonly [actor: string, ban: KnownBan])[] {
    const held = [...this.#table.of(scope)].filter(
      ([, ban]) => ban.revision < before && this.#isHeld(ban),
    );
    return held.slice(-limit).reverse();
  }

  /** A ban that is known, whether or not it holds now. @param actor its hash */
  known(scope: string, actor: string): KnownBan | undefined {
    return this.#table.get(scope, actor);
  }

  /** Those that have ended before a moment, in milliseconds since 1970, by scope and actor's hash. */
  endedBefore(moment: number): Iterable<readonly [scope: string, actor: string]> {
    return this.#table.endedBefore(moment);
  }

  #hashOf(actor: string): string {
    const known = this.#hashes.get(actor);
    if (known !== undefined) return known;
    if (this.#hashes.size >= HASHES_LIMIT) this.#hashes.clear();
    const hash = hashOfActor(actor);
    this.#hashes.set(actor, hash);
    return hash;
  }

  #held(ban: KnownBan | undefined): KnownBan | undefined {
    return ban !== undefined && this.#isHeld(ban) ? ban : undefined;
  }

  #isHeld({ untilMs }: KnownBan): boolean {
    return untilMs === null || untilMs > this.#options.wallClock();
  }

  #notify(set: BanSet | undefined): void {
    for (const listener of this.#listeners) listener(set);
  }
}

/** What a viewer notices most comes first. */
const STRICTEST_FIRST: readonly BanMode[] = ["ban", "mute", "shadow"];

function stricter(one: KnownBan | undefined, other: KnownBan | undefined): KnownBan | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const rank = ({ mode, untilMs }: KnownBan) =>
    [STRICTEST_FIRST.indexOf(mode), untilMs ?? Number.POSITIVE_INFINITY] as const;
  const [[mode, until], [otherMode, otherUntil]] = [rank(one), rank(other)];
  if (mode !== otherMode) return mode < otherMode ? one : other;
  return until >= otherUntil ? one : other;
}

/** @param field the actor's name in the request, if it has one */
export function bannedError({ untilMs }: KnownBan, field?: string): OvationError {
  const about = field === undefined ? "" : `${field}: `;
  const end = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return new OvationError("banned", `${about}banned by a moderator${end}`, {
    field,
    untilMs: untilMs ?? undefined,
  });
}
