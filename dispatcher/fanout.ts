/** Sends a video's events to each gateway that has viewers of it, encoded once. */
import type { Bus } from "../shared/bus/connection.ts";
import { OvationError } from "../shared/protocol/errors.ts";
import {
  encodeFanoutMessage,
  encodeTotalsMessage,
  type FanoutEvent,
  withTimestamps,
} from "../shared/protocol/fanout-message.ts";
import type { VideoTotals } from "../shared/protocol/totals/totals.ts";
import type { Hop, HopClock, Stamps } from "../shared/runtime/hops.ts";
import { TRACEPARENT_BYTES, type TraceContext } from "../shared/runtime/tracing/trace-context.ts";
import type { RouteTable } from "./table/routes.ts";

/** Bytes that an event's envelope may add. */
const ENTRY_OVERHEAD_BYTES = 128;
/** Bytes of a message without its events. */
const MESSAGE_OVERHEAD_BYTES = 64 + TRACEPARENT_BYTES;

interface FanoutOptions {
  readonly bus: Pick<Bus, "publish" | "maxPayloadBytes">;
  readonly routes: Pick<RouteTable, "subjects">;
  readonly clock: HopClock;
  /** The hop through this dispatcher: `store` for stored events, `dispatch` for the others. */
  readonly hops: { readonly dispatch: Hop; readonly store: Hop };
}

/** When a request was taken off the bus. */
export interface RequestTiming {
  /** By the monotonic clock. */
  readonly at: number;
  /** When its oldest event was published, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** The trace that it belongs to. */
  readonly trace: TraceContext | undefined;
}

export class Fanout {
  readonly #options: FanoutOptions;
  /** Messages sent, and events that no gateway had viewers for. */
  readonly stats = { messages: 0, unwatchedEvents: 0 };

  constructor(options: FanoutOptions) {
    this.#options = options;
  }

  /**
   * Sends events that are not stored.
   * @param taken absent for events that the dispatcher sends on its own
   * @throws OvationError `unavailable` when the bus takes none of it, `timeout` when it takes only
   * a part; a repeat with the same ids is shown once
   */
  emit(video: string, events: readonly FanoutEvent[], taken?: RequestTiming): void {
    const { hops } = this.#options;
    const subjects = this.#options.routes.subjects(video);
    if (subjects.length === 0) {
      this.stats.unwatchedEvents += events.length;
      return;
    }
    const stamps = this.#stamps(hops.dispatch, taken);
    let sent = 0;
    for (const part of this.#parts(events)) {
      sent = this.#send(subjects, encodeFanoutMessage(part, stamps, taken?.trace), sent);
    }
  }

  /** Sends the totals of a video. Those that can't be sent now are in the next ones. */
  sendTotals(video: string, totals: VideoTotals): void {
    const subjects = this.#options.routes.subjects(video);
    if (subjects.length === 0) return;
    const payload = encodeTotalsMessage(totals);
    for (const subject of subjects) {
      if (!this.#options.bus.publish(subject, payload)) return;
      this.stats.messages += 1;
    }
  }

  /**
   * Sends one message unchanged but for its timestamps, such as a stored record.
   * @param events how many events it has
   * @param taken of the oldest of them; absent for a repeat
   * @throws OvationError as {@link emit}
   */
  send(video: string, payload: Uint8Array, events: number, taken?: RequestTiming): void {
    const { hops } = this.#options;
    const subjects = this.#options.routes.subjects(video);
    if (subjects.length === 0) this.stats.unwatchedEvents += events;
    else this.#send(subjects, withTimestamps(payload, this.#stamps(hops.store, taken)), 0);
  }

  #stamps(hop: Hop, taken: RequestTiming | undefined): Stamps {
    const { clock } = this.#options;
    const now = clock.now();
    const sentAt = clock.wallAt(now);
    if (taken !== undefined) hop.took(now - taken.at);
    return { sentAt, publishedAt: taken?.publishedAt ?? sentAt };
  }

  /** Returns how many messages have been sent in all. */
  #send(subjects: readonly string[], payload: Uint8Array, sentBefore: number): number {
    let sent = sentBefore;
    for (const subject of subjects) {
      if (!this.#options.bus.publish(subject, payload)) {
        throw new OvationError(sent === 0 ? "unavailable" : "timeout");
      }
      sent += 1;
      this.stats.messages += 1;
    }
    return sent;
  }

  /** Splits a list where the message would exceed what the NATS server takes. */
  *#parts(events: readonly FanoutEvent[]): Generator<readonly FanoutEvent[]> {
    if (events.length === 1) return yield events;
    const limit = this.#options.bus.maxPayloadBytes - MESSAGE_OVERHEAD_BYTES;
    let from = 0;
    let bytes = 0;
    for (const [index, event] of events.entries()) {
      const size = event.bytes.length + ENTRY_OVERHEAD_BYTES;
      if (bytes + size > limit && index > from) {
        yield events.slice(from, index);
        from = index;
        bytes = 0;
      }
      bytes += size;
    }
    yield events.slice(from);
  }
}
