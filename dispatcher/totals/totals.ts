/**
 * The totals of all videos: adds up what this dispatcher accepted, stores it once an interval, and
 * sends the viewers of a video what is stored.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { KindTable } from "../../shared/protocol/kinds.ts";
import {
  addTo,
  type ChainTotals,
  type Totals as ShownTotals,
  shownTotals,
} from "../../shared/protocol/totals/totals.ts";
import type { TotalsDocument } from "../../shared/protocol/totals/totals-document.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Fanout } from "../fanout.ts";
import type { EventCounts } from "./event-counts.ts";
import {
  dropAdded,
  eraseIn,
  newTotalsChange,
  setIn,
  type TotalsChange,
  totalsFormat,
} from "./totals-format.ts";
import { Variants } from "./variants.ts";
import { WriteBehind } from "./write-behind.ts";

/** Videos with events that aren't stored yet: some 600 bytes each. */
const VIDEOS_LIMIT = 50_000;
/** Videos whose totals are remembered, so that they needn't be read before they are written. */
const IDLE_LIMIT = 10_000;
/** The longest time that a stop waits for the store. */
export const DRAIN_MS = 5_000;

interface TotalsOptions {
  /** This dispatcher's id, which no other ever has. */
  readonly dispatcher: string;
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly intervalMs: number;
  readonly kinds: Pick<KindTable, "isDurable">;
  readonly counts: EventCounts;
  /** Sends to the gateways. */
  readonly fanout: Pick<Fanout, "sendTotals">;
  readonly now: MonotonicClock;
  readonly wallClock: WallClock;
  readonly log: Log;
}

export class Totals {
  readonly variants: Variants;
  readonly #options: TotalsOptions;
  readonly #documents: WriteBehind<TotalsDocument, TotalsChange>;

  constructor(options: TotalsOptions) {
    const { dispatcher, bucket, intervalMs, now, log } = options;
    this.#options = options;
    this.#documents = new WriteBehind({
      name: "totals",
      bucket,
      format: totalsFormat,
      writer: dispatcher,
      intervalMs,
      limit: VIDEOS_LIMIT,
      idleLimit: IDLE_LIMIT,
      newChange: newTotalsChange,
      beforeStore: (video, change) => this.#collect(video, change),
      onStored: (video, document) => this.#stored(video, document),
      now,
      log,
    });
    this.variants = new Variants((video, names) => this.#claim(video, names));
  }

  get stats(): WriteBehind<TotalsDocument, TotalsChange>["stats"] {
    return this.#documents.stats;
  }

  /** False while what was accepted can't be stored: it waits in memory. */
  get isWritable(): boolean {
    return this.#documents.isWritable;
  }

  /** Videos with events that aren't stored yet. */
  get waitingCount(): number {
    return this.#documents.waitingCount;
  }

  /** Adds events that were accepted and aren't stored themselves. */
  add(video: string, events: readonly FanoutEvent[]): void {
    const counts = this.#options.counts.of(video);
    if (counts === undefined) return;
    counts.add(events);
    if (counts.isAnnounced) return;
    if (this.#documents.change(video) === undefined) counts.takeForTotals();
    else counts.isAnnounced = true;
  }

  /** The totals of the video's durable kinds are in its chain. */
  counted(video: string, chain: ChainTotals): void {
    const change = this.#documents.change(video);
    if (change !== undefined && chain.seq > change.chain.seq) change.chain = chain;
  }

  /**
   * Sets totals; those that aren't named stay.
   * @returns all totals of the video
   * @throws OvationError overloaded, variants_exceeded
   * @throws what the store throws; they may be set later all the same
   */
  async set(video: string, totals: ShownTotals): Promise<ShownTotals> {
    const { kinds, wallClock } = this.#options;
    const [durable, counts] = [new Map<string, number>(), new Map<string, number>()];
    for (const [name, total] of Object.entries(totals)) {
      (kinds.isDurable(name) ? durable : counts).set(name, total);
    }
    const change = this.#documents.change(video);
    if (change === undefined) throw new OvationError("overloaded", "too many totals wait");
    this.#collect(video, change);
    setIn(change, { at: wallClock(), counts, durable });
    const { totals: all } = await this.#documents.flush(video);
    const left = [...counts.keys()].find((name) => !all.counts.has(name));
    if (left !== undefined)
      throw new OvationError("variants_exceeded", undefined, { field: `totals.${left}` });
    return shownTotals(all);
  }

  /**
   * Erases the totals of a video: they start from zero again.
   * @param seq up to which its chain was erased
   * @throws OvationError overloaded
   * @throws what the store throws; they may be erased later all the same
   */
  async erase(video: string, seq: number): Promise<void> {
    const change = this.#documents.change(video);
    if (change === undefined) throw new OvationError("overloaded", "too many totals wait");
    this.#options.counts.forget(video);
    eraseIn(change, { at: this.#options.wallClock(), seq });
    await this.#documents.flush(video);
  }

  /** Another dispatcher erases the video: what was added here and isn't stored is dropped. */
  forget(video: string): void {
    this.variants.forget(video);
    this.#options.counts.forget(video);
    this.#documents.amend((key) => key === video, dropAdded);
  }

  /** The store may work again. */
  resume(): void {
    this.#documents.resume();
  }

  /** Stores everything that was added. */
  async drain(): Promise<void> {
    await this.#documents.drain(DRAIN_MS);
  }

  stop(): void {
    this.#documents.stop();
  }

  /** Asks the store to count these variants; the names that it counts. */
  async #claim(video: string, names: readonly string[]): Promise<Iterable<string>> {
    const change = this.#documents.change(video);
    if (change === undefined) throw new OvationError("overloaded");
    for (const name of names) change.claims.add(name);
    const { totals } = await this.#documents.flush(video);
    return totals.counts.keys();
  }

  /** Adds what was counted since the last time. */
  #collect(video: string, { added }: TotalsChange): void {
    const counted = this.#options.counts.takeForTotals(video);
    for (const [name, count] of counted ?? []) addTo(added, name, count);
  }

  #stored(video: string, { totals }: TotalsDocument): void {
    this.#options.fanout.sendTotals(video, totals);
  }
}
