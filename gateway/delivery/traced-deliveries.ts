/**
 * Messages for one video's viewers that belong to a trace: each becomes a span, from its receipt
 * until the first group of viewers gets it in a frame.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { startSpan, type Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { Cursor } from "./cursor.ts";

/** Traced messages of a video that may wait for a frame; more are counted as dropped spans. */
const PENDING_LIMIT = 64;

/** A message with events of a trace. */
export interface TracedMessage {
  readonly trace: TraceContext;
  readonly kind: string;
  readonly events: number;
  /** Whether a frame that ends here includes it. */
  readonly isWithin: (end: Cursor) => boolean;
}

interface Waiting extends TracedMessage {
  readonly receivedAt: number;
}

export class TracedDeliveries {
  readonly #video: string;
  readonly #tracer: Tracer;
  readonly #now: MonotonicClock;
  #waiting: Waiting[] = [];

  constructor(video: string, tracer: Tracer, now: MonotonicClock) {
    this.#video = video;
    this.#tracer = tracer;
    this.#now = now;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  received(message: TracedMessage): void {
    if (this.#waiting.length >= PENDING_LIMIT) return this.#tracer.drop();
    this.#waiting.push({ ...message, receivedAt: this.#now() });
  }

  /**
   * A frame was written to a group.
   * @param startedAt when the write started
   * @param written how many viewers it was written to
   * @param viewers how many viewers the video has here
   */
  flushed(end: Cursor, startedAt: number, written: number, viewers: number): void {
    const arrived = this.#waiting.filter(({ isWithin }) => isWithin(end));
    if (arrived.length === 0) return;
    this.#waiting = this.#waiting.filter((message) => !arrived.includes(message));
    for (const { trace, kind, events, receivedAt } of arrived) {
      startSpan(this.#tracer, "ovation.deliver", [trace], () => ({
        kind: "consumer",
        at: receivedAt,
        attributes: {
          "messaging.system": "nats",
          "messaging.operation.name": "deliver",
          "messaging.operation.type": "process",
          "messaging.batch.message_count": events,
          "ovation.video": this.#video,
          "ovation.kind": kind,
          "ovation.viewers": viewers,
          "ovation.frame.viewers": written,
          "ovation.frame.delay_ms": startedAt - receivedAt,
        },
      })).end();
    }
  }

  /** No viewers are left: drops what waits. */
  forget(): void {
    this.#waiting = [];
  }
}
