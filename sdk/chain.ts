/**
 * Where a viewer is in a video's chain of durable events: what it asks for when it comes back, and
 * which events it has had already. Gateways see to order and to gaps; this is the viewer's own proof.
 */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { From, Result } from "./link/link.ts";

/**
 * Durable events that this viewer will not get.
 *
 * @example
 * video.onMissed(({ isNewHistory }) => isNewHistory ? clearList() : addLine("Some are missing."));
 */
export interface Missed {
  /** The newest event that was had before them; undefined when none was. */
  readonly after: number | undefined;
  /** The oldest event that is still kept, or 0 when none is; undefined when it isn't known. */
  readonly oldest: number | undefined;
  /** Whether the history was made anew, so that nothing of the one before can be asked for. */
  readonly isNewHistory: boolean;
}

/** What becomes of an event: a repeat is dropped, and before a gap the viewer must catch up. */
export type Verdict = "take" | "repeat" | "gap";

export class Chain {
  #epoch: string | undefined;
  /** The newest that was had; undefined before the first, when history was asked for. */
  #seq: number | undefined;
  /**
   * Up to here the gateway has promised to give all there is, though places may be left out. Of an
   * empty history there are none, and the first event may name one of another history before it.
   */
  #settled = 0;
  /** The gateway has said that the history can't be continued: what is missed, it has yet to tell. */
  #isDoubted = false;

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** The newest that was had; undefined before the first, when history was asked for. */
  get seq(): number | undefined {
    return this.#seq;
  }

  /** What to ask for on (re)joining. `last` is how many events of the past are wanted. */
  from(last: number): From {
    const wanted = last > 0 ? { last } : {};
    return this.#seq === undefined ? wanted : { after: this.#seq, epoch: this.#epoch, ...wanted };
  }

  /** Takes the answer to what was asked. Returns what is lost, if anything is. */
  adopt({ seq, epoch, recovered, oldest }: Result, { after, last }: From): Missed | undefined {
    // A history that can't be read just now, or a gateway that has none: what we know stays so.
    if (seq === undefined) return undefined;
    const isNewHistory = this.#epoch !== undefined && epoch !== this.#epoch;
    const before = this.#seq;
    const missed = { after: before, oldest, isNewHistory };
    const wasDoubted = this.#isDoubted;
    this.#isDoubted = false;
    this.#epoch = epoch;
    this.#settled = seq === 0 ? Number.POSITIVE_INFINITY : seq;
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
   * The history is another one, or can't be continued, and is asked for anew: the answer tells what
   * is lost. Something is, unless all after what was had is given.
   */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** The history is another one, or can't be continued: what comes next begins at `seq`. */
  reset(epoch: string, seq: number): Missed {
    const missed = {
      after: this.#seq,
      oldest: undefined,
      isNewHistory: this.#epoch !== undefined && epoch !== this.#epoch,
    };
    this.#epoch = epoch;
    this.#seq = seq;
    this.#settled = Number.POSITIVE_INFINITY;
    return missed;
  }

  /** Judges the next event, and moves on when it is taken. */
  judge({ seq, prev = 0 }: OvationEvent): Verdict {
    if (seq === undefined) return "take";
    if (this.#seq !== undefined) {
      if (seq <= this.#seq) return "repeat";
      if (prev > Math.max(this.#seq, this.#settled)) return "gap";
    }
    this.#seq = seq;
    // Only the very next event may have any predecessor.
    if (this.#settled === Number.POSITIVE_INFINITY) this.#settled = seq;
    return "take";
  }
}
