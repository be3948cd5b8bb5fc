/**
 * Work of many clients, in small slices: one client can begin only so much of it in one turn of the
 * event loop. What is beyond that waits, and each further turn does a slice of what waits, one piece
 * of each client after the other, so that sockets are served between slices.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

/** It must not throw. */
export type Piece = () => void;

/** One client's place: the pieces that it has begun in this turn, and those that wait. */
export class Lane {
  turn = 0;
  begun = 0;
  /** The first of those that wait. */
  #next = 0;
  /** Undefined while none waits: most of the time. */
  #waiting: Piece[] | undefined;

  /** How many wait. */
  get length(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.length - this.#next;
  }

  add(piece: Piece): void {
    this.#waiting ??= [];
    this.#waiting.push(piece);
  }

  shift(): Piece | undefined {
    const piece = this.#waiting?.[this.#next];
    this.#next += 1;
    if (this.length > 0) return piece;
    this.#waiting = undefined;
    this.#next = 0;
    return piece;
  }
}

interface FairTurnsOptions {
  /** How many pieces one client may begin in a turn without waiting. */
  readonly perClient: number;
  /** How many all clients together may. */
  readonly perTurn: number;
  /** How many of those that waited are done in a turn, and for how long at most. */
  readonly slice: number;
  readonly sliceMs: number;
  readonly now: MonotonicClock;
}

export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** Those with pieces that wait; whose turn it is comes first. */
  readonly #waiting = new Set<Lane>();
  readonly #onTurn = (): void => this.#nextTurn();
  #turn = 1;
  #begun = 0;
  #isCounting = false;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** Whether the client may do one more piece now, which is counted; else it must {@link wait}. */
  begin(lane: Lane): boolean {
    const { perClient, perTurn } = this.#options;
    if (lane.turn !== this.#turn) {
      lane.turn = this.#turn;
      lane.begun = 0;
    }
    if (lane.length > 0 || lane.begun >= perClient || this.#begun >= perTurn) return false;
    lane.begun += 1;
    this.#begun += 1;
    this.#count();
    return true;
  }

  /** The piece is done in one of the next turns, after those of the same client that wait already. */
  wait(lane: Lane, piece: Piece): void {
    lane.add(piece);
    this.#waiting.add(lane);
    this.#count();
  }

  /** Does the piece now, or in one of the next turns. */
  run(lane: Lane, piece: Piece): void {
    if (this.begin(lane)) piece();
    else this.wait(lane, piece);
  }

  /** The turn ends once all sockets that are ready have been read. */
  #count(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    setImmediate(this.#onTurn);
  }

  #nextTurn(): void {
    const { slice, sliceMs, now } = this.#options;
    this.#isCounting = false;
    this.#turn += 1;
    this.#begun = 0;
    if (this.#waiting.size === 0) return;
    const until = now() + sliceMs;
    let done = 0;
    // A lane that is added again comes last.
    for (const lane of this.#waiting) {
      const piece = lane.shift();
      this.#waiting.delete(lane);
      if (lane.length > 0) this.#waiting.add(lane);
      piece?.();
      done += 1;
      if (done >= slice || now() >= until) break;
    }
    if (this.#waiting.size > 0) this.#count();
  }
}
