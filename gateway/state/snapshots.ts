/**
 * What a lobby shows of videos: viewers, totals, state, and how far the history goes.
 * Looking makes nobody a viewer and writes no row. A video that is held here is answered from
 * memory, except for its viewers, which a dispatcher counts; of others the stores are read. An
 * answer serves everybody for a second, so a lobby that thousands request costs a read a second.
 */
import { dataOf, type StateDocument } from "../../shared/protocol/state-document.ts";
import { shownTotals, type Totals } from "../../shared/protocol/totals/totals.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { HistoryReader } from "../history/reader.ts";
import type { TotalsReader } from "../totals/totals-reader.ts";
import type { VideoTotals } from "../totals/video-totals.ts";
import type { StateReader } from "./state-reader.ts";
import type { VideoState } from "./video-state.ts";

/** How long an answer may be used, here and by whoever caches it. */
export const SNAPSHOT_AGE_MS = 1_000;
/** Snapshots that are kept; the oldest is dropped for another one. */
const KEPT_LIMIT = 500;

/** A video as it was a moment ago; what can't be read at the moment is absent. */
export interface VideoSnapshot {
  readonly video: string;
  readonly viewers: number;
  readonly totals?: Totals;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly history?: { readonly seq: number; readonly epoch: string };
}

interface SnapshotsOptions {
  /** What is followed here of a video that is held. */
  readonly held: {
    stateOf(video: string): Pick<VideoState, "data"> | undefined;
    totalsOf(video: string): Pick<VideoTotals, "shown"> | undefined;
    historyOf(video: string): Pick<ChainFollower, "timeline"> | undefined;
  };
  readonly totals: Pick<TotalsReader, "read">;
  readonly states: Pick<StateReader, "read">;
  readonly histories: {
    readonly epoch: string | undefined;
    readonly reader: Pick<HistoryReader, "last">;
  };
  /** @throws OvationError unavailable, timeout */
  readonly countViewers: (videos: readonly string[]) => Promise<readonly number[]>;
  readonly now: MonotonicClock;
}

interface Kept {
  readonly until: number;
  readonly snapshot: Promise<VideoSnapshot>;
}

export class VideoSnapshots {
  readonly #options: SnapshotsOptions;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** How many of these videos must be looked up elsewhere. */
  missing(videos: readonly string[]): number {
    return videos.filter((video) => this.#fresh(video) === undefined).length;
  }

  /** @throws OvationError unavailable, timeout */
  async of(videos: readonly string[]): Promise<readonly VideoSnapshot[]> {
    const wanted = videos.filter((video) => this.#fresh(video) === undefined);
    const counting = wanted.length === 0 ? undefined : this.#options.countViewers(wanted);
    for (const [at, video] of wanted.entries()) {
      this.#keep(video, this.#look(video, at, counting));
    }
    const all = videos.map((video) => this.#kept.get(video)?.snapshot);
    return await Promise.all(all.filter((snapshot) => snapshot !== undefined));
  }

  #fresh(video: string): Promise<VideoSnapshot> | undefined {
    const kept = this.#kept.get(video);
    return kept !== undefined && kept.until > this.#options.now() ? kept.snapshot : undefined;
  }

  #keep(video: string, snapshot: Promise<VideoSnapshot>): void {
    this.#kept.delete(video);
    const kept = { until: this.#options.now() + SNAPSHOT_AGE_MS, snapshot };
    this.#kept.set(video, kept);
    // A failure serves nobody else.
    snapshot.catch(() => {
      if (this.#kept.get(video) === kept) this.#kept.delete(video);
    });
    for (const [oldest, { until }] of this.#kept) {
      if (this.#kept.size <= KEPT_LIMIT && until > this.#options.now()) return;
      this.#kept.delete(oldest);
    }
  }

  async #look(
    video: string,
    at: number,
    counting: Promise<readonly number[]> | undefined,
  ): Promise<VideoSnapshot> {
    const [counts, totals, state, seq] = await Promise.all([
      counting,
      this.#totalsOf(video).catch(() => undefined),
      this.#stateOf(video).catch(() => undefined),
      this.#seqOf(video).catch(() => undefined),
    ]);
    const { epoch } = this.#options.histories;
    return {
      video,
      viewers: counts?.[at] ?? 0,
      ...(totals === undefined ? {} : { totals }),
      ...(state === undefined ? {} : { state }),
      ...(seq === undefined || epoch === undefined ? {} : { history: { seq, epoch } }),
    };
  }

  async #totalsOf(video: string): Promise<Totals> {
    const { held, totals } = this.#options;
    return held.totalsOf(video)?.shown ?? shownTotals(await totals.read(video));
  }

  async #stateOf(video: string): Promise<Readonly<Record<string, unknown>>> {
    const { held, states } = this.#options;
    return held.stateOf(video)?.data ?? dataIn((await states.read(video)).document);
  }

  async #seqOf(video: string): Promise<number> {
    const { held, histories } = this.#options;
    const head = held.historyOf(video)?.timeline.head;
    return head ?? (await histories.reader.last(video))?.record.last ?? 0;
  }
}

function dataIn({ values }: StateDocument): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...values].map(([name, { bytes }]) => [name, dataOf(bytes)]));
}
