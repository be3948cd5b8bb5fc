/** Sends requests to the dispatchers over NATS and returns their answers. */
import { BATCH_SIZE_BUCKETS, Histogram, LATENCY_SECONDS } from "../../shared/lib/histogram.ts";
import { type EncodedEvent, encodeRequest } from "../../shared/protocol/bus-request.ts";
import { isErrorCode, OvationError } from "../../shared/protocol/errors.ts";
import { publishReplySchema, type RetractRequest } from "../../shared/protocol/events.ts";
import {
  countSubject,
  gatewayPublishSubject,
  gatewayRetractSubject,
} from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { HopClock } from "../../shared/runtime/hops.ts";
import {
  NO_TRACES,
  recordedTraceId,
  type TraceContext,
} from "../../shared/runtime/tracing/trace-context.ts";
import type { PartitionRequests } from "./partition-requests.ts";

interface DispatcherClientOptions {
  readonly requests: Pick<PartitionRequests, "send" | "maxPayloadBytes">;
  readonly clock: HopClock;
}

/** Statistics of publish requests. */
export interface PublishStats {
  readonly requestEvents: Histogram;
  /** Time until the answer, whatever it was. */
  readonly answerSeconds: Histogram;
}

/** An event that was accepted, with its `seq` in the video's chain if it is durable. */
export interface Accepted {
  readonly id: string;
  readonly seq: number | undefined;
}

/** The outcome of a list: the accepted events, in order, and the error if not all were accepted. */
export interface ListOutcome {
  /** Of a list of votes, also those that were refused: each is judged by itself. */
  readonly accepted: readonly Accepted[];
  /** Why votes were refused, by their places in the list. */
  readonly refused?: ReadonlyMap<number, OvationError>;
  readonly error?: unknown;
}

/** Requests that wait for a dispatcher's answer; more are refused. */
export const UNDER_WAY_LIMIT = 20_000;
const NOTHING = new Uint8Array();

export class DispatcherClient {
  readonly stats: PublishStats = {
    requestEvents: new Histogram(BATCH_SIZE_BUCKETS),
    answerSeconds: new Histogram(LATENCY_SECONDS),
  };
  readonly #options: DispatcherClientOptions;
  #underWay = 0;

  constructor(options: DispatcherClientOptions) {
    this.#options = options;
  }

  /** Requests that wait for an answer. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Publishes a list that has been checked, in as many requests as the bus needs. Stops at the
   * first one that fails. Never rejects.
   * @param traces the traces that it belongs to
   * @param since when the first of them arrived, by the monotonic clock
   */
  async publish(
    video: string,
    events: readonly EncodedEvent[],
    traces: readonly TraceContext[],
    since: number,
  ): Promise<ListOutcome> {
    const { requests, clock } = this.#options;
    const request = encodeRequest(events, clock.wallAt(since));
    // Leaves room for what a reply adds.
    if (request.length > requests.maxPayloadBytes / 2 && events.length > 1) {
      return await this.#publishHalves(video, events, traces, since);
    }
    const { requestEvents, answerSeconds } = this.stats;
    const begunAt = clock.now();
    requestEvents.observe(events.length);
    try {
      return await this.#request(gatewayPublishSubject, video, request, traces);
    } catch (error) {
      return { accepted: [], error };
    } finally {
      answerSeconds.observe((clock.now() - begunAt) / 1_000, recordedTraceId(traces[0]));
    }
  }

  /**
   * Deletes a durable event.
   * @param trace the trace that this belongs to
   * @returns the event that notifies viewers of it
   * @throws OvationError event_not_found, forbidden, or why a publish is refused
   */
  async retract(video: string, request: RetractRequest, trace?: TraceContext): Promise<Accepted> {
    const traces = trace === undefined ? NO_TRACES : [trace];
    const { accepted } = await this.#request(
      gatewayRetractSubject,
      video,
      encodeMsgpack(request),
      traces,
    );
    const [event] = accepted;
    if (event === undefined) throw new OvationError("internal");
    return event;
  }

  /**
   * Requests a count of a video's viewers; resolves when viewers have been sent it.
   * @throws OvationError unavailable, timeout
   */
  async count(video: string): Promise<void> {
    // These don't count as publishes: the caller bounds them.
    outcomeOf(await this.#options.requests.send(countSubject, video, NOTHING));
  }

  async #publishHalves(
    video: string,
    events: readonly EncodedEvent[],
    traces: readonly TraceContext[],
    since: number,
  ): Promise<ListOutcome> {
    const middle = events.length >> 1;
    const first = await this.publish(video, events.slice(0, middle), traces, since);
    if (first.error !== undefined) return first;
    const rest = await this.publish(video, events.slice(middle), traces, since);
    const accepted = [...first.accepted, ...rest.accepted];
    const refused = new Map(first.refused);
    for (const [index, error] of rest.refused ?? []) refused.set(middle + index, error);
    return { ...rest, accepted, refused };
  }

  async #request(
    subjectOf: Parameters<PartitionRequests["send"]>[0],
    video: string,
    payload: Uint8Array,
    traces: readonly TraceContext[],
  ): Promise<ListOutcome> {
    if (this.#underWay >= UNDER_WAY_LIMIT) {
      const text = `${UNDER_WAY_LIMIT} requests already wait for the dispatchers`;
      throw new OvationError("unavailable", text, { limit: UNDER_WAY_LIMIT });
    }
    this.#underWay += 1;
    try {
      return outcomeOf(await this.#options.requests.send(subjectOf, video, payload, traces));
    } finally {
      this.#underWay -= 1;
    }
  }
}

function outcomeOf(reply: Uint8Array): ListOutcome {
  const parsed = publishReplySchema.safeParse(decodeTrustedMsgpack(reply));
  if (!parsed.success) throw new OvationError("internal", undefined, { cause: parsed.error });
  if ("accepted" in parsed.data) {
    const { accepted: ids, seqs, refused = [] } = parsed.data;
    const accepted = ids.map((id, index) => ({ id: id ?? "", seq: seqs?.[index] ?? undefined }));
    if (refused.length === 0) return { accepted };
    return { accepted, refused: new Map(refused.map((one) => [one.index, errorOf(one)])) };
  }
  throw errorOf(parsed.data.error);
}

interface ErrorReply {
  readonly code: string;
  readonly message: string;
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  readonly retryAfterMs?: number | undefined;
}

function errorOf({ code, message, field, limit, retryAfterMs }: ErrorReply): OvationError {
  const detail = { field, limit, retryAfterMs };
  return new OvationError(isErrorCode(code) ? code : "internal", message, detail);
}
