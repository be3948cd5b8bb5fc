/**
 * The videos that this gateway holds: for each a NATS subscription and a row in the table, from its
 * first viewer until a little after its last one left.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { CountingSketch } from "../../shared/lib/hyperloglog.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { frontendSubject } from "../../shared/protocol/subjects.ts";
import { Hop, type HopClock, type Stamps } from "../../shared/runtime/hops.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { Audience, type AudienceOptions, type AudienceStats } from "../delivery/audience.ts";
import type { Arrival } from "../delivery/frame.ts";
import { FrameStats } from "../delivery/frame-stats.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { Claimant } from "../limits/client-share.ts";
import { FairTurns, Lane } from "../limits/fair-turns.ts";
import { type Rate, TokenBucket } from "../limits/token-bucket.ts";
import type { VideoShares } from "../limits/video-shares.ts";
import type { VideoState } from "../state/video-state.ts";
import type { VideoTotals } from "../totals/video-totals.ts";
import type { RowWriter } from "./row-writer.ts";

interface InterestOptions {
  readonly bus: Bus;
  readonly gateway: string;
  readonly rows: RowWriter;
  readonly audience: AudienceOptions;
  readonly lingerMs: number;
  /** Whether rows tell which actors watch. */
  readonly countActors: boolean;
  /** How many videos may be held. */
  readonly videosLimit: number;
  readonly shares: VideoShares;
  readonly clock: HopClock;
  readonly newVideosPerSecond: number;
}

/** Rows that can't be removed at the moment may be as many as the videos. */
const ROWS_FACTOR = 2;

/**
 * A new video takes the gateway about a millisecond in all, over several turns, since NATS answers
 * in between; one that is released half as much.
 */
const TURNS = { perClient: 2, perTurn: 4, slice: 2, sliceMs: 2 } as const;

/**
 * How long a viewer waits for what is stored of a video, such as its state. What comes later is sent
 * to it as a change.
 */
const SYNC_MS = 400;
/** A read takes longer than a round trip to the server, by less than this factor. */
const SLOWER = 4;

/** One viewer's hold on a video; one object for each. */
export interface VideoHold {
  /** Whether the viewer is one of those that the video's row counts. */
  readonly isCounted: boolean;
  /** Whether that is because it asked to be hidden. */
  readonly isHidden: boolean;
  /** The place of its actor in sketches; undefined without one, or where it isn't counted. */
  readonly actor?: number | undefined;
}

interface Entry {
  readonly audience: Audience;
  /** Undefined until it is the video's turn. */
  subscription: BusSubscription | undefined;
  /** Resolves when it has had its turn. */
  begun: Promise<void> | undefined;
  /** Resolves when what is stored of the video is known, or can't be read at the moment. */
  synced: Promise<unknown> | undefined;
  isSynced: boolean;
  /** Viewers that are subscribed or about to be; the entry stays while there is one. */
  holds: number;
  /** How many of them are counted. */
  counted: number;
  /** The actors of those that are counted; undefined where actors aren't counted. */
  readonly actors: CountingSketch | undefined;
  /** The number in its row: while it lingers, still that of its last viewer. */
  inRow: number;
  linger: NodeJS.Timeout | undefined;
}

export class Interest {
  readonly #options: InterestOptions;
  readonly #entries = new Map<string, Entry>();
  /** Videos without viewers, the one that has had none for the longest first. */
  readonly #lingering = new Map<string, Entry>();
  #lingerMs: number;
  /** In which new videos are begun, and those without viewers released. */
  readonly #turns: FairTurns;
  readonly #releases = new Lane();
  /** From dispatchers to here, from here to the sockets, and the whole way. */
  readonly hops = { transit: new Hop(), frame: new Hop(), delivery: new Hop() };
  readonly audienceStats: AudienceStats;
  /** Messages from dispatchers that could not be read. */
  unreadable = 0;
  /** Videos that were refused, and those released early, to stay within the limit. */
  readonly stats = { refused: 0, forgotten: 0 };
  readonly #newVideos: Rate;
  readonly #newVideosBucket: TokenBucket;

  constructor(options: InterestOptions) {
    this.#options = options;
    this.#lingerMs = options.lingerMs;
    const frames = new FrameStats(options.clock, this.hops);
    this.audienceStats = { received: 0, repeated: 0, filters: 0, frames };
    const { newVideosPerSecond: perSecond, videosLimit: burst, audience } = options;
    this.#turns = new FairTurns({ ...TURNS, now: audience.now });
    // All videos may return at once.
    this.#newVideos = { name: "new_videos", perSecond, burst: Math.max(perSecond, burst) };
    this.#newVideosBucket = new TokenBucket(this.#newVideos, audience.now());
  }

  get videoCount(): number {
    return this.#entries.size;
  }

  /** Each video that is held, with the number of viewers that its row should have. */
  *held(): Generator<readonly [video: string, viewers: number]> {
    for (const [video, entry] of this.#entries) {
      if (entry.subscription !== undefined) yield [video, entry.inRow];
    }
  }

  /** Whether a video's row could not be written yet, while dispatchers were told of it. */
  isAnnouncedOnly(video: string): boolean {
    return this.#options.rows.isAnnouncedOnly(video);
  }

  /**
   * Must be called before a video is held.
   * @throws OvationError videos_exceeded
   */
  requireRoom(video: string, holder: Claimant): void {
    const { videosLimit: limit, rows, shares } = this.#options;
    const isNew = !this.#entries.has(video);
    try {
      shares.require(holder, video, isNew);
    } catch (error) {
      this.stats.refused += 1;
      throw error;
    }
    if (!isNew) return;
    const isFull = this.#entries.size >= limit && this.#lingering.size === 0;
    if (isFull || rows.rowCount >= ROWS_FACTOR * limit) {
      this.stats.refused += 1;
      throw new OvationError("videos_exceeded", `the gateway holds ${limit} videos`, { limit });
    }
    const rate = this.#newVideos;
    const retryAfterMs = this.#newVideosBucket.take(rate, 1, this.#options.audience.now());
    if (retryAfterMs === 0) return;
    this.stats.refused += 1;
    const text = `new videos: the limit is ${rate.perSecond} a second`;
    throw new OvationError("videos_exceeded", text, { limit: rate.perSecond, retryAfterMs });
  }

  /**
   * Holds a video for one viewer, and resolves when dispatchers can see that. Each call must be
   * matched by one {@link release}, even when it throws.
   * @throws OvationError `unavailable` when the table can't be written, or the video was released
   */
  async hold(video: string, holder: Claimant, { isCounted, actor }: VideoHold): Promise<Audience> {
    const lane = this.#options.shares.hold(holder, video);
    const entry = this.#entries.get(video) ?? this.#add(video);
    entry.holds += 1;
    if (isCounted) entry.counted += 1;
    if (actor !== undefined) entry.actors?.add(actor);
    clearTimeout(entry.linger);
    entry.linger = undefined;
    this.#lingering.delete(video);
    const { rows } = this.#options;
    if (entry.subscription !== undefined) this.#setRow(video, entry);
    else {
      entry.begun ??= this.#beginInTurn(video, entry, lane);
      await entry.begun;
    }
    await rows.ready(video);
    // After the row, so that this sees what was stored before dispatchers knew of it. Viewers are
    // admitted even if it fails or takes long, since other events still flow; the followers keep trying.
    const { history, state, totals } = entry.audience;
    entry.synced ??= Promise.allSettled([history.sync(), state.sync(), totals.sync()]).then(() => {
      entry.isSynced = true;
    });
    if (!entry.isSynced) await Promise.race([entry.synced, this.#patience(entry)]);
    return entry.audience;
  }

  /**
   * Resolves when what is stored should be known: JetStream has no leader for now, or is away. Where
   * NATS as a whole is slow, that is later.
   */
  async #patience(entry: Pick<Entry, "isSynced">): Promise<void> {
    const { bus, audience } = this.#options;
    await wait(SYNC_MS, undefined, { ref: false });
    if (entry.isSynced) return;
    const askedAt = audience.now();
    // A lost connection ends the reads as well.
    await bus.flush().catch(() => undefined);
    await wait(SLOWER * (audience.now() - askedAt), undefined, { ref: false });
  }

  /** The follower of a video's durable events, if the video is held. */
  historyOf(video: string): ChainFollower | undefined {
    return this.#begunEntry(video)?.audience.history;
  }

  /** A video's state, if the video is held. */
  stateOf(video: string): VideoState | undefined {
    return this.#begunEntry(video)?.audience.state;
  }

  #begunEntry(video: string): Entry | undefined {
    const entry = this.#entries.get(video);
    return entry?.subscription === undefined ? undefined : entry;
  }

  /** A video's totals, if the video is held. */
  totalsOf(video: string): VideoTotals | undefined {
    return this.#entries.get(video)?.audience.totals;
  }

  /** A viewer of the video has left. */
  release(video: string, holder: Claimant, { isCounted, actor }: VideoHold): void {
    this.#options.shares.release(holder, video);
    const entry = this.#entries.get(video);
    if (entry === undefined) return;
    entry.holds -= 1;
    if (isCounted) entry.counted -= 1;
    if (actor !== undefined) entry.actors?.remove(actor);
    if (entry.holds > 0) {
      if (entry.subscription !== undefined) this.#setRow(video, entry);
      return;
    }
    // Viewers may leave many videos at once.
    const release = () => {
      if (entry.holds === 0 && this.#entries.get(video) === entry) this.#end(video, entry);
    };
    entry.linger = setTimeout(() => this.#turns.run(this.#releases, release), this.#lingerMs);
    this.#lingering.set(video, entry);
  }

  /** From now on, a video is released with its last viewer, because none returns to this gateway. */
  drain(): void {
    this.#lingerMs = 0;
    for (const [video, entry] of [...this.#entries]) {
      if (entry.holds === 0) this.#end(video, entry);
    }
  }

  stop(): void {
    for (const [video, entry] of [...this.#entries]) this.#end(video, entry);
  }

  #setRow(video: string, entry: Entry): void {
    entry.inRow = entry.counted;
    this.#options.rows.set(video, entry.inRow, entry.actors);
  }

  #add(video: string): Entry {
    const { audience: options, videosLimit } = this.#options;
    if (this.#entries.size >= videosLimit) this.#releaseOldest();
    const entry: Entry = {
      audience: new Audience(video, options, this.audienceStats),
      subscription: undefined,
      begun: undefined,
      synced: undefined,
      isSynced: false,
      holds: 0,
      counted: 0,
      actors: this.#options.countActors ? new CountingSketch() : undefined,
      inRow: 0,
      linger: undefined,
    };
    this.#entries.set(video, entry);
    return entry;
  }

  /** @throws OvationError unavailable when the video was released before its turn */
  async #beginInTurn(video: string, entry: Entry, lane: Lane): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#turns.run(lane, () => {
        if (this.#entries.get(video) !== entry) return reject(new OvationError("unavailable"));
        try {
          this.#begin(video, entry);
          resolve();
        } catch (error) {
          entry.begun = undefined; // The next viewer tries again.
          reject(error);
        }
      });
    });
  }

  #begin(video: string, entry: Entry): void {
    const { bus, gateway } = this.#options;
    const { audience } = entry;
    // Before the row is written: the server must know the subscription when events start to arrive.
    const subject = frontendSubject(gateway, video);
    entry.subscription = bus.subscribe(subject, (payload, _subject, _reply, isRelayed) => {
      // Dispatchers publish directly, so a relayed message is forged.
      const dispatched = isRelayed ? undefined : decodeFanoutMessage(payload);
      switch (dispatched?.form) {
        case "events":
          return audience.receive(
            dispatched.events,
            this.#arrival(dispatched.stamps, dispatched.trace),
            dispatched.trace,
            dispatched.counted,
          );
        case "record":
          return audience.receiveRecord(
            dispatched.record,
            this.#arrival(dispatched.stamps, dispatched.trace),
            dispatched.trace,
          );
        case "totals":
          return audience.totals.receive(dispatched.totals);
        case "head":
          return audience.history.receiveHead(dispatched.seq);
        case undefined:
          this.unreadable += 1;
      }
    });
    audience.start();
    this.#setRow(video, entry);
  }

  #releaseOldest(): void {
    const [oldest] = this.#lingering;
    if (oldest === undefined) return;
    this.stats.forgotten += 1;
    this.#end(...oldest);
  }

  #arrival(stamps: Stamps | undefined, trace: TraceContext | undefined): Arrival {
    const { clock } = this.#options;
    const at = clock.now();
    if (stamps !== undefined) this.hops.transit.passed(stamps.sentAt, clock.wallAt(at), trace);
    return { at, publishedAt: stamps?.publishedAt, trace };
  }

  #end(video: string, entry: Entry): void {
    clearTimeout(entry.linger);
    this.#lingering.delete(video);
    this.#entries.delete(video);
    entry.subscription?.unsubscribe();
    entry.audience.stop();
    this.#options.rows.remove(video);
  }
}
