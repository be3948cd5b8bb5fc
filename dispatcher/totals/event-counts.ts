/**
 * Counts events by video and kind, once for both who read them: the totals, which are stored about
 * once a second, and the timeline, once a slot. Each takes what has come since it last did.
 */
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { type Tally, variantName } from "../../shared/protocol/totals/totals.ts";

/** Videos that are counted at a time: some 400 bytes each. */
const VIDEOS_LIMIT = 50_000;

interface Cell {
  /** Since the video is counted here. */
  count: number;
  /** How many of them the totals have taken, and the timeline. */
  inTotals: number;
  inTimeline: number;
}

/** The counts of one video. */
export class VideoCounts {
  /** The totals were told that there is something to take. */
  isAnnounced = false;
  /** Something has happened in the present slot. */
  isInSlot = true;
  /** By kind, and by kind and variant. */
  readonly #cells = new Map<string, Cell>();
  /** The kind of the newest event, and how many of it its cell lacks: most often more of it follow. */
  #kind = "";
  #unsettled = 0;

  /** Adds transient events. */
  add(events: readonly FanoutEvent[]): void {
    this.isInSlot = true;
    for (const { deliveryClass, kind, variant } of events) {
      if (deliveryClass !== "transient") continue;
      if (kind !== this.#kind) {
        this.#settle();
        this.#kind = kind;
      }
      this.#unsettled += 1;
      if (variant !== undefined) this.#cell(variantName(kind, variant)).count += 1;
    }
  }

  /** Adds events whose totals are in the video's chain. */
  addDurable(events: readonly Pick<FanoutEvent, "kind">[]): void {
    this.isInSlot = true;
    for (const { kind } of events) {
      const cell = this.#cell(kind);
      cell.count += 1;
      cell.inTotals += 1;
    }
  }

  /** What the totals don't have yet. */
  takeForTotals(): Tally {
    this.#settle();
    const taken: Tally = new Map();
    for (const [name, cell] of this.#cells) {
      if (cell.count > cell.inTotals) taken.set(name, cell.count - cell.inTotals);
      cell.inTotals = cell.count;
    }
    this.isAnnounced = false;
    return taken;
  }

  /** What the timeline doesn't have yet, by kind. */
  takeForTimeline(): Tally {
    this.#settle();
    const taken: Tally = new Map();
    for (const [name, cell] of this.#cells) {
      const count = cell.count - cell.inTimeline;
      cell.inTimeline = cell.count;
      // A kind's name has no colon.
      if (count > 0 && !name.includes(":")) taken.set(name, count);
    }
    this.isInSlot = false;
    return taken;
  }

  #settle(): void {
    if (this.#unsettled > 0) this.#cell(this.#kind).count += this.#unsettled;
    this.#unsettled = 0;
  }

  #cell(name: string): Cell {
    const known = this.#cells.get(name);
    if (known !== undefined) return known;
    const cell = { count: 0, inTotals: 0, inTimeline: 0 };
    this.#cells.set(name, cell);
    return cell;
  }
}

export class EventCounts {
  /** Requests whose events were not counted, since too many videos are. */
  dropped = 0;
  readonly #videos = new Map<string, VideoCounts>();

  /** The counts of a video; undefined when too many are counted. */
  of(video: string): VideoCounts | undefined {
    const known = this.#videos.get(video);
    if (known !== undefined) return known;
    if (this.#videos.size >= VIDEOS_LIMIT) {
      this.dropped += 1;
      return undefined;
    }
    const counts = new VideoCounts();
    this.#videos.set(video, counts);
    return counts;
  }

  /** What the totals of a video don't have yet. */
  takeForTotals(video: string): Tally | undefined {
    return this.#videos.get(video)?.takeForTotals();
  }

  /** Videos that are counted. */
  get size(): number {
    return this.#videos.size;
  }

  /** Ends the slot, video by video: what it has of each on which anything has happened. */
  *closeSlot(): Generator<readonly [video: string, counts: Tally]> {
    for (const [video, counts] of this.#videos) {
      if (counts.isInSlot) yield [video, counts.takeForTimeline()];
      else if (!counts.isAnnounced) this.#videos.delete(video);
    }
  }

  /** The video is erased: what nobody has taken yet is dropped. */
  forget(video: string): void {
    this.#videos.delete(video);
  }
}
