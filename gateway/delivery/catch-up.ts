/**
 * Builds frames of the durable events that a viewer missed. Viewers that missed the same events
 * share them: many reconnect at once after a gateway is lost.
 */
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { ResetMessage } from "../../shared/protocol/wire/messages.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { Cursor } from "./cursor.ts";
import { Frame, sseMessage, type Wire } from "./frame.ts";
import type { KindFilter } from "./kind-filter.ts";

/** What a viewer that has fallen behind gets next. */
export type CatchUpStep =
  /** A frame; once it is sent, the viewer has everything up to `reached`. */
  | { readonly form: "frame"; readonly frame: Frame; readonly reached: Cursor }
  /** The viewer's position is not in this chain. */
  | { readonly form: "reset"; on(wire: Wire): Buffer; readonly reached: Cursor }
  /** The history must be read first; `ready` resolves when that has succeeded or failed. */
  | { readonly form: "later"; readonly ready: Promise<void> };

interface CatchUpOptions {
  readonly video: string;
  /** Undefined: all kinds. */
  readonly filter: KindFilter | undefined;
  readonly sseIdOf: (seq: number) => string | undefined;
  readonly frameEvents: number;
  readonly frameBytes: number;
  readonly histories: { readonly epoch: string | undefined };
}

/** Frames that are kept for the next viewer that missed the same events. */
const FRAMES_KEPT = 32;

export class CatchUp {
  readonly #history: ChainFollower;
  readonly #options: CatchUpOptions;
  readonly #frames = new Map<string, { frame: Frame | undefined; seq: number }>();
  /** Reading the history again failed for a viewer at this position. */
  #unreadableFrom: number | undefined;

  constructor(history: ChainFollower, options: CatchUpOptions) {
    this.#history = history;
    this.#options = options;
  }

  /** Durable events after `from` up to `to`, one frame at a time; undefined when there are none. */
  next(from: Cursor, to: Cursor): CatchUpStep | undefined {
    if (to.seq === undefined || from.seq === to.seq) return undefined;
    // The viewer subscribed while the history could not be read, and has missed frames since.
    if (from.seq === undefined) return this.#reset(from, to.seq);
    const { timeline } = this.#history;
    if (timeline.covers(from.seq)) return this.#frameAfter(from, from.seq, to.seq);
    if (timeline.isComplete || this.#unreadableFrom === from.seq) {
      this.#unreadableFrom = undefined;
      return this.#reset(from, to.seq);
    }
    return { form: "later", ready: this.#readAgain(from.seq) };
  }

  /** Drops the frames built so far: they must not be sent any more. */
  forget(): void {
    this.#frames.clear();
  }

  #frameAfter(cursor: Cursor, from: number, to: number): CatchUpStep | undefined {
    const key = `${from} ${to}`;
    const found = this.#frames.get(key) ?? this.#build(from, to);
    this.#frames.set(key, found);
    const [oldest] = this.#frames.keys();
    if (this.#frames.size > FRAMES_KEPT && oldest !== undefined) this.#frames.delete(oldest);
    if (found.frame === undefined) return undefined;
    return { form: "frame", frame: found.frame, reached: { ...cursor, seq: found.seq } };
  }

  #build(from: number, to: number): { frame: Frame | undefined; seq: number } {
    const { frameEvents, frameBytes, filter } = this.#options;
    const { timeline } = this.#history;
    const { events, reached: seq } = timeline.between(from, to, frameEvents, frameBytes, filter);
    if (events.length === 0) return { frame: undefined, seq };
    const logged = events.map(({ kind, bytes }) => {
      return { kind, bytes, deliveryClass: "durable", position: 0 } as const;
    });
    return { frame: this.#frame(logged, seq), seq };
  }

  #frame(events: Frame["events"], seq: number): Frame {
    const { video, sseIdOf } = this.#options;
    const tally = { transient: 0, durable: events.length, latest: 0, state: 0 };
    return new Frame(video, events, undefined, tally, sseIdOf(seq));
  }

  #reset(from: Cursor, seq: number): CatchUpStep {
    const { video, sseIdOf, histories } = this.#options;
    const message: ResetMessage = { op: "reset", video, epoch: histories.epoch ?? "", seq };
    const on = (wire: Wire): Buffer => {
      if (wire === "msgpack") return encodeMsgpack(message);
      const json = JSON.stringify(message);
      return Buffer.from(wire === "json" ? json : sseMessage(json, sseIdOf(seq)));
    };
    return { form: "reset", on, reached: { ...from, seq } };
  }

  async #readAgain(from: number): Promise<void> {
    try {
      await this.#history.whole();
    } catch {
      // The reader counts the failure. A reset is better than a viewer that gets nothing at all.
      this.#unreadableFrom = from;
    }
  }
}
