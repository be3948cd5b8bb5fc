/**
 * A viewer's position in a video's chain of durable events: where it resumes after a reconnect, and
 * which events it already has. Gateways keep order and detect gaps; this is the viewer's own check.
 */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { From, Result } from "./link/link.ts";

/**
 * Says which durable events this viewer will not get.
 *
 * @example
 * video.onMissed(({ isNewHistory }) => isNewHistory ? clearList() : addLine("Some are missing."));
 */
export interface Missed {
  /** The `seq` of the last event before them; undefined if there was none. */
  readonly after: number | undefined;
  /** The `seq` of the oldest stored event, 0 if none is stored; undefined if unknown. */
  readonly oldest: number | undefined;
  /** Whether the history was created again, so that the previous one can't be read any more. */
  readonly isNewHistory: boolean;
}

/**
 * A place in a video's history: its durable events up to `seq`. Numbers of another `epoch` mean nothing.
 *
 * @example
 * const position: Position | undefined = JSON.parse(localStorage.getItem("position") ?? "null") ?? undefined;
 */
export interface Position {
  readonly seq: number;
  readonly epoch: string;
}

/** What to do with an event: a repeat is dropped, and at a gap the viewer must catch up first. */
export type Verdict = "take" | "repeat" | "gap";

export class Chain {
  readonly #isFiltered: boolean;
  #epoch: string | undefined;
  /** The newest event received; undefined before the first, if history was requested. */
  #seq: number | undefined;
  /**
   * Up to this `seq` the gateway sends everything that is stored, though numbers may be missing. An
   * empty history has none, and its first event may name a predecessor from another history.
   */
  #settled = 0;
  /** The gateway said that the history can't be continued, but not yet what was missed. */
  #isDoubted = false;

  /** @param isFiltered whether only some kinds arrive: then a missing predecessor is no gap */
  constructor(isFiltered = false) {
    this.#isFiltered = isFiltered;
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** The newest event received; undefined before the first, if history was requested. */
  get seq(): number | undefined {
    return this.#seq;
  }

  /** What to request when subscribing. `last` is how many events of the history are wanted. */
  from(last: number): From {
    const wanted = last > 0 ? { last } : {};
    return this.#seq === undefined ? wanted : { after: this.#seq, epoch: this.#epoch, ...wanted };
  }

  /** Applies the answer to that request. Returns what was missed, if anything was. */
  adopt({ seq, epoch, recovered, oldest }: Result, { after, last }: From): Missed | undefined {
    // The history can't be read at the moment, or the gateway has none: the position stays.
    if (seq === undefined) return undefined;
    const isNewHistory = this.#epoch !== undefined && epoch !== this.#epoch;
    const before = this.#seq;
    const missed = { after: before, oldest, isNewHistory };
    const wasDoubted = this.#isDoubted;
    this.#isDoubted = false;
    this.#epoch = epoch;
    this.#settled = seq === 0 ? Infinity : seq;
    const hasHistory = last !== undefined && seq > 0;
    if (after === undefined) {
      if (!hasHistory) this.#seq = Math.max(this.#seq ?? 0, seq);
      return wasDoubted ? missed : undefined;
    }
    const isUnchanged = !isNewHistory && after === seq && !wasDoubted;
    if (recovered === true || isUnchanged) return undefined;
    if (isNewHistory) this.#seq = hasHistory ? undefined : seq;
    else if (!hasHistory) this.#seq = Math.max(before ?? 0, seq);
    return missed;
  }

  /**
   * The history is a new one, or can't be continued, and is requested again: the answer says what
   * was missed. Something was, unless everything after the last event received follows.
   */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** The next events follow this position: the history is a new one, or can't be continued. */
  reset({ epoch, seq }: Position): Missed {
    const missed = {
      after: this.#seq,
      oldest: undefined,
      isNewHistory: this.#epoch !== undefined && epoch !== this.#epoch,
    };
    this.#epoch = epoch;
    this.#seq = seq;
    this.#settled = Infinity;
    return missed;
  }

  /** Judges the next event, and moves the position to it if it is taken. */
  judge({ seq, prev = 0 }: OvationEvent): Verdict {
    if (seq === undefined) return "take";
    if (this.#seq !== undefined) {
      if (seq <= this.#seq) return "repeat";
      if (!this.#isFiltered && prev > Math.max(this.#seq, this.#settled)) return "gap";
    }
    this.#seq = seq;
    // Only the first event may have any predecessor.
    if (this.#settled === Infinity) this.#settled = seq;
    return "take";
  }
}
