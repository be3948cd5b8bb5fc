/** Hands what viewers and backends publish to the dispatchers, and brings back their answer. */
import type { Bus } from "../../shared/bus/connection.ts";
import { BATCH_EVENTS, Histogram, LATENCY_SECONDS } from "../../shared/lib/histogram.ts";
import { isErrorCode, OvationError } from "../../shared/protocol/errors.ts";
import { type EventInput, publishReplySchema } from "../../shared/protocol/events.ts";
import { type KindTable, VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import { publishedAt } from "../../shared/protocol/published-at.ts";
import { publishSubject, retractSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { HopClock } from "../../shared/runtime/hops.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { PublishBatches, WAITING_LIMIT } from "./batcher.ts";
import { type OrderedOptions, OrderedPublishes } from "./ordered-publishes.ts";
import { EventsUnderWay } from "./under-way.ts";

interface PublisherOptions {
  readonly bus: Bus;
  readonly kinds: KindTable;
  readonly timeoutMs: number;
  readonly clock: HopClock;
}

/** Of requests to the dispatchers. */
export interface PublishStats {
  readonly requestEvents: Histogram;
  /** Until the answer came, whatever it was. */
  readonly answerSeconds: Histogram;
}

/** Requests that wait for a dispatcher's answer; more are refused. */
const UNDER_WAY_LIMIT = 20_000;
const COUNT_REQUEST = encodeMsgpack({ kind: VIEWERS_KIND });

/** An event that was accepted; `seq` is its place in the video's chain, if it is durable. */
export interface Accepted {
  readonly id: string;
  readonly seq: number | undefined;
}

function acceptedOf(reply: Uint8Array): Accepted[] {
  const parsed = publishReplySchema.safeParse(decodeTrustedMsgpack(reply));
  if (!parsed.success) throw new OvationError("internal", undefined, { cause: parsed.error });
  if ("accepted" in parsed.data) {
    const { accepted, seqs } = parsed.data;
    return accepted.map((id, index) => ({ id, seq: seqs?.[index] ?? undefined }));
  }
  const { code, message, field, limit } = parsed.data.error;
  throw new OvationError(isErrorCode(code) ? code : "internal", message, { field, limit });
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly stats: PublishStats = {
    requestEvents: new Histogram(BATCH_EVENTS),
    answerSeconds: new Histogram(LATENCY_SECONDS),
  };
  readonly #batches: PublishBatches;
  readonly #ordered: OrderedOptions;
  /** Durable events that may be taken back before they are answered. */
  readonly durable = new EventsUnderWay();
  /** Events that wait for those of their own connection. */
  #waitingInOrder = 0;
  #underWay = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#batches = new PublishBatches(
      (video, inputs, since) => this.publishAll(video, inputs, since),
      options.clock.now,
    );
    this.#ordered = {
      send: (...event) => this.publish(...event),
      sendAll: (...events) => this.publishAll(...events),
      wait: (events) => this.#waitInOrder(events),
      now: options.clock.now,
    };
  }

  /** Events that wait to be published together with others. */
  get waiting(): number {
    return this.#batches.waiting + this.#waitingInOrder;
  }

  /** Requests that wait for a dispatcher's answer. */
  get underWay(): number {
    return this.#underWay;
  }

  /** What waits, as a share of what may before more is refused. */
  get backlog(): number {
    return Math.max(this.#underWay / UNDER_WAY_LIMIT, this.waiting / WAITING_LIMIT);
  }

  /** For one connection, whose events keep their order. */
  inOrder(): OrderedPublishes {
    return new OrderedPublishes(this.#ordered);
  }

  /**
   * Publishes one event that was checked before.
   * @param trace that it belongs to
   * @throws OvationError what the dispatcher refused it for, or `unavailable` or `timeout`
   */
  async publish(video: string, input: EventInput, trace?: TraceContext): Promise<Accepted> {
    // Durable events are put together by the dispatchers, which know their order.
    if (this.#options.kinds.isTransient(input.kind)) {
      return await this.#batches.publish(video, input, trace);
    }
    const { clock } = this.#options;
    const request = encodeMsgpack(publishedAt(input, clock.wallAt(clock.now())));
    return onlyOne(await this.#publish(video, request, 1, listOf(trace)));
  }

  /**
   * Takes a durable event back, once it is not being published here.
   * @param trace that this belongs to
   * @returns the event that tells viewers so
   * @throws OvationError event_not_found, or as {@link publish}
   */
  async retract(video: string, id: string, trace?: TraceContext): Promise<Accepted> {
    await this.durable.settled(video, id);
    const payload = encodeMsgpack({ id });
    return onlyOne(await this.#request(retractSubject(video), payload, listOf(trace)));
  }

  /**
   * Publishes a list that was checked before, in as many requests as the bus needs. Stops at the
   * first that fails.
   * @param traces that it belongs to
   * @param since when the first of them came, by the monotonic clock; absent: now
   * @returns the events that were accepted, and the error if not all were
   */
  async publishAll(
    video: string,
    inputs: readonly EventInput[],
    traces: readonly TraceContext[] = NO_TRACES,
    since: number = this.#options.clock.now(),
  ): Promise<{ accepted: Accepted[]; error?: unknown }> {
    const accepted: Accepted[] = [];
    const at = this.#options.clock.wallAt(since);
    for (const { request, events } of this.#requests(inputs, at)) {
      try {
        accepted.push(...(await this.#publish(video, request, events, traces)));
      } catch (error) {
        return { accepted, error };
      }
    }
    return { accepted };
  }

  /**
   * Asks for the viewers of a video to be counted, and resolves when they have been told.
   * @throws OvationError as {@link publish}
   */
  async askCount(video: string): Promise<void> {
    // How many of these there may be is for who asks: they are not to take the room of publishes.
    await this.#ask(publishSubject(video), COUNT_REQUEST);
  }

  #waitInOrder(events: number): void {
    if (events > 0 && this.waiting >= WAITING_LIMIT) {
      throw new OvationError("unavailable", `${WAITING_LIMIT} events wait already`);
    }
    this.#waitingInOrder += events;
  }

  async #publish(
    video: string,
    request: Uint8Array,
    events: number,
    traces: readonly TraceContext[],
  ): Promise<Accepted[]> {
    const { clock } = this.#options;
    const { requestEvents, answerSeconds } = this.stats;
    const begunAt = clock.now();
    requestEvents.observe(events);
    try {
      return await this.#request(publishSubject(video), request, traces);
    } finally {
      answerSeconds.observe((clock.now() - begunAt) / 1_000);
    }
  }

  async #request(subject: string, payload: Uint8Array, traces = NO_TRACES): Promise<Accepted[]> {
    if (this.#underWay >= UNDER_WAY_LIMIT) {
      const text = `${UNDER_WAY_LIMIT} requests wait for the dispatchers already`;
      throw new OvationError("unavailable", text, { limit: UNDER_WAY_LIMIT });
    }
    this.#underWay += 1;
    try {
      return await this.#ask(subject, payload, traces);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #ask(subject: string, payload: Uint8Array, traces = NO_TRACES): Promise<Accepted[]> {
    const { bus, timeoutMs } = this.#options;
    return acceptedOf(await bus.request(subject, payload, timeoutMs, traces));
  }

  /** Cuts a list into requests that a NATS message can hold, with room for what a reply adds. */
  *#requests(
    inputs: readonly EventInput[],
    at: number,
  ): Generator<{ readonly request: Uint8Array; readonly events: number }> {
    const request = encodeMsgpack(publishedAt(inputs, at));
    if (request.length <= this.#options.bus.maxPayloadBytes / 2 || inputs.length === 1) {
      yield { request, events: inputs.length };
      return;
    }
    const middle = inputs.length >> 1;
    yield* this.#requests(inputs.slice(0, middle), at);
    yield* this.#requests(inputs.slice(middle), at);
  }
}

function listOf(trace: TraceContext | undefined): readonly TraceContext[] {
  return trace === undefined ? NO_TRACES : [trace];
}

function onlyOne([accepted]: readonly Accepted[]): Accepted {
  if (accepted === undefined) throw new OvationError("internal");
  return accepted;
}
