/**
 * Tells a viewer what it missed of a video's durable events, in frames that viewers who missed the
 * same share: many come back at once after a gateway went away.
 */
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { ResetMessage } from "../../shared/protocol/wire/messages.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { Cursor } from "./event-log.ts";
import { Frame, sseMessage, type Wire } from "./frame.ts";

/** What a viewer is to be told next. */
export type Owed =
  /** Once it has been sent, the viewer has all up to `reached`. */
  | { readonly form: "frame"; readonly frame: Frame; readonly reached: Cursor }
  /** What the viewer knows is no place in this chain. */
  | { readonly form: "reset"; on(wire: Wire): Buffer; readonly reached: Cursor }
  /** It has to be read first; `ready` resolves when it was, or can't be. */
  | { readonly form: "later"; readonly ready: Promise<void> };

interface PastOptions {
  readonly video: string;
  readonly sseIdOf: (seq: number) => string | undefined;
  readonly frameEvents: number;
  readonly frameBytes: number;
  readonly histories: { readonly epoch: string | undefined };
}

/** Frames that are kept for the next viewer who missed the same. */
const FRAMES_KEPT = 32;

export class PastFrames {
  readonly #history: ChainFollower;
  readonly #options: PastOptions;
  readonly #frames = new Map<string, { frame: Frame | undefined; seq: number }>();
  /** A read that was to bring back what had been let go failed: nothing more can be told. */
  #unreadableFrom: number | undefined;

  constructor(history: ChainFollower, options: PastOptions) {
    this.#history = history;
    this.#options = options;
  }

  /** The durable events after `from` up to `to`, a frame at a time; undefined when there are none. */
  owed(from: Cursor, to: Cursor): Owed | undefined {
    if (to.seq === undefined || from.seq === to.seq) return undefined;
    // It came while the history could not be read, and has missed frames since.
    if (from.seq === undefined) return this.#reset(from, to.seq);
    const { timeline } = this.#history;
    if (timeline.covers(from.seq)) return this.#next(from, from.seq, to.seq);
    if (timeline.isWhole || this.#unreadableFrom === from.seq) {
      this.#unreadableFrom = undefined;
      return this.#reset(from, to.seq);
    }
    return { form: "later", ready: this.#readAgain(from.seq) };
  }

  /** What was built before is not to be shown any more. */
  forget(): void {
    this.#frames.clear();
  }

  #next(cursor: Cursor, from: number, to: number): Owed | undefined {
    const key = `${from} ${to}`;
    const found = this.#frames.get(key) ?? this.#build(from, to);
    this.#frames.set(key, found);
    const [oldest] = this.#frames.keys();
    if (this.#frames.size > FRAMES_KEPT && oldest !== undefined) this.#frames.delete(oldest);
    if (found.frame === undefined) return undefined;
    return { form: "frame", frame: found.frame, reached: { ...cursor, seq: found.seq } };
  }

  #build(from: number, to: number): { frame: Frame | undefined; seq: number } {
    const { frameEvents, frameBytes } = this.#options;
    const { timeline } = this.#history;
    const { events, reached: seq } = timeline.between(from, to, frameEvents, frameBytes);
    if (events.length === 0) return { frame: undefined, seq };
    const logged = events.map(({ kind, bytes }) => {
      return { kind, bytes, deliveryClass: "durable", position: 0 } as const;
    });
    return { frame: this.#frame(logged, seq), seq };
  }

  #frame(events: Frame["events"], seq: number): Frame {
    const { video, sseIdOf } = this.#options;
    const tally = { transient: 0, durable: events.length, latest: 0 };
    return new Frame(video, events, undefined, tally, sseIdOf(seq));
  }

  #reset(from: Cursor, seq: number): Owed {
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
      // The reader counts it. Rather a plain reset than a viewer that gets nothing at all.
      this.#unreadableFrom = from;
    }
  }
}
