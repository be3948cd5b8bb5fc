/** Sends a video's events to each gateway that has viewers of it, encoded once. */
import type { Bus } from "../shared/bus/connection.ts";
import { OvationError } from "../shared/protocol/errors.ts";
import {
  encodeFanoutMessage,
  encodeSample,
  encodeTotalsMessage,
  type FanoutEvent,
  withTimestamps,
} from "../shared/protocol/fanout-message.ts";
import type { VideoTotals } from "../shared/protocol/totals/totals.ts";
import type { Hop, HopClock, Stamps } from "../shared/runtime/hops.ts";
import { TRACEPARENT_BYTES } from "../shared/runtime/tracing/trace-context.ts";
import type { RequestTiming } from "./requests/request-timing.ts";
import type { RouteTable } from "./table/routes.ts";
import type { CollectedEvents } from "./window/collected-events.ts";
import { FanoutWindow } from "./window/fanout-window.ts";

/** Bytes that an event's envelope may add. */
const ENTRY_OVERHEAD_BYTES = 128;
/** Bytes of a message without its events. */
const MESSAGE_OVERHEAD_BYTES = 64 + TRACEPARENT_BYTES;

/** The sampled events of a message take at most its limit by this. */
const SAMPLE_SHARE = 2;

interface FanoutOptions {
  readonly bus: Pick<Bus, "publish" | "maxPayloadBytes">;
  readonly routes: Pick<RouteTable, "subjects">;
  readonly clock: HopClock;
  /** The hop through this dispatcher: `store` for stored events, `dispatch` for the others. */
  readonly hops: { readonly dispatch: Hop; readonly store: Hop };
  /** How long likes of a busy video are collected; 0: each request is sent at once. */
  readonly windowMs: number;
}

export class Fanout {
  readonly #options: FanoutOptions;
  /** Undefined: nothing is collected. */
  readonly #window: FanoutWindow | undefined;
  readonly stats = {
    /** Messages sent. */
    messages: 0,
    /** Events that no gateway had viewers for. */
    unwatchedEvents: 0,
    /** Events that messages only counted. */
    countedOnly: 0,
  };

  constructor(options: FanoutOptions) {
    const { clock, windowMs } = options;
    this.#options = options;
    if (windowMs === 0) return;
    const send = (video: string, collected: CollectedEvents) => this.#sendSample(video, collected);
    this.#window = new FanoutWindow({ windowMs, now: clock.now, send });
  }

  /** Windows in which events were collected. */
  get windows(): number {
    return this.#window?.stats.collected ?? 0;
  }

  /** Sends what is collected. */
  stop(): void {
    this.#window?.stop();
  }

  /**
   * Sends a request's events, none of which is stored: now, or with others of the video when its
   * window ends. Then the message may only count some of the transient ones.
   * @returns a promise that they are sent; undefined if they are
   * @throws OvationError as {@link emit}; the promise fails with the same
   */
  emitSoon(
    video: string,
    events: readonly FanoutEvent[],
    taken: RequestTiming,
  ): Promise<void> | undefined {
    const subjects = this.#options.routes.subjects(video);
    if (subjects.length > 0) {
      const sent = this.#window?.take(video, subjects.length, events, taken);
      if (sent !== undefined) return sent;
    }
    this.#emit(subjects, events, taken);
    return undefined;
  }

  /**
   * Sends events that are not stored, after those that are collected.
   * @param taken absent for events that the dispatcher sends on its own
   * @throws OvationError `unavailable` when the bus takes none of it, `timeout` when it takes only
   * a part; a repeat with the same ids is shown once
   */
  emit(video: string, events: readonly FanoutEvent[], taken?: RequestTiming): void {
    this.#window?.flush(video);
    this.#emit(this.#options.routes.subjects(video), events, taken);
  }

  /**
   * Sends an event of which only the newest counts: with those that are collected, if any are.
   * @returns a promise that it is sent; undefined if it is
   * @throws OvationError as {@link emit}; the promise fails with the same
   */
  emitWithOthers(video: string, event: FanoutEvent): Promise<void> | undefined {
    const sent = this.#window?.join(video, event);
    if (sent === undefined) this.#emit(this.#options.routes.subjects(video), [event], undefined);
    return sent;
  }

  #emit(
    subjects: readonly string[],
    events: readonly FanoutEvent[],
    taken: RequestTiming | undefined,
  ): void {
    const { hops } = this.#options;
    if (subjects.length === 0) {
      this.stats.unwatchedEvents += events.length;
      return;
    }
    const stamps = this.#stamps(hops.dispatch, taken);
    if (events.length === 1) {
      this.#send(subjects, encodeFanoutMessage(events, stamps, taken?.trace), 0);
      return;
    }
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

  /** Returns how many messages were sent. */
  #sendSample(video: string, collected: CollectedEvents): number {
    const { bus, routes, hops } = this.#options;
    const subjects = routes.subjects(video);
    if (subjects.length === 0) {
      this.stats.unwatchedEvents += collected.size;
      return 0;
    }
    const { events, counted } = collected.take(bus.maxPayloadBytes / SAMPLE_SHARE);
    const { publishedAt, trace, oldest } = collected;
    const stamps = this.#stamps(hops.dispatch, { ...oldest, publishedAt });
    for (const { count } of counted) this.stats.countedOnly += count;
    const payload =
      counted.length === 0
        ? encodeFanoutMessage(events, stamps, trace)
        : encodeSample(events, counted, stamps, trace);
    return this.#send(subjects, payload, 0);
  }

  #stamps(hop: Hop, taken: RequestTiming | undefined): Stamps {
    const { clock } = this.#options;
    const now = clock.now();
    const sentAt = clock.wallAt(now);
    if (taken !== undefined) hop.took(now - taken.at, taken.trace);
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
