/** Hands what viewers and backends publish to the dispatchers, and brings back their answer. */
import type { Bus } from "../shared/bus/connection.ts";
import { isErrorCode, OvationError } from "../shared/errors.ts";
import { type EventInput, publishReplySchema } from "../shared/events.ts";
import { type KindTable, VIEWERS_KIND } from "../shared/kinds.ts";
import { publishSubject, retractSubject } from "../shared/subjects.ts";
import { NO_TRACES, type TraceContext } from "../shared/tracing/trace-context.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../shared/wire/codec.ts";
import { PublishBatches } from "./publish-batches.ts";

interface PublisherOptions {
  readonly bus: Bus;
  readonly kinds: KindTable;
  readonly timeoutMs: number;
}

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
  readonly #batches = new PublishBatches((...batch) => this.publishAll(...batch));

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Events that wait to be published together with others. */
  get waiting(): number {
    return this.#batches.waiting;
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
    const payload = encodeMsgpack(input);
    return onlyOne(await this.#request(publishSubject(video), payload, listOf(trace)));
  }

  /**
   * Takes a durable event back.
   * @param trace that this belongs to
   * @returns the event that tells viewers so
   * @throws OvationError event_not_found, or as {@link publish}
   */
  async retract(video: string, id: string, trace?: TraceContext): Promise<Accepted> {
    const payload = encodeMsgpack({ id });
    return onlyOne(await this.#request(retractSubject(video), payload, listOf(trace)));
  }

  /**
   * Publishes a list that was checked before, in as many requests as the bus needs. Stops at the
   * first that fails.
   * @param traces that it belongs to
   * @returns the events that were accepted, and the error if not all were
   */
  async publishAll(
    video: string,
    inputs: readonly EventInput[],
    traces = NO_TRACES,
  ): Promise<{ accepted: Accepted[]; error?: unknown }> {
    const accepted: Accepted[] = [];
    for (const request of this.#requests(inputs)) {
      try {
        accepted.push(...(await this.#request(publishSubject(video), request, traces)));
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
    await this.#request(publishSubject(video), COUNT_REQUEST);
  }

  async #request(subject: string, payload: Uint8Array, traces = NO_TRACES): Promise<Accepted[]> {
    const { bus, timeoutMs } = this.#options;
    return acceptedOf(await bus.request(subject, payload, timeoutMs, traces));
  }

  /** Cuts a list into requests that a NATS message can hold, with room for what a reply adds. */
  *#requests(inputs: readonly EventInput[]): Generator<Uint8Array> {
    const whole = encodeMsgpack(inputs);
    if (whole.length <= this.#options.bus.maxPayloadBytes / 2 || inputs.length === 1) {
      yield whole;
      return;
    }
    const middle = inputs.length >> 1;
    yield* this.#requests(inputs.slice(0, middle));
    yield* this.#requests(inputs.slice(middle));
  }
}

function listOf(trace: TraceContext | undefined): readonly TraceContext[] {
  return trace === undefined ? NO_TRACES : [trace];
}

function onlyOne([accepted]: readonly Accepted[]): Accepted {
  if (accepted === undefined) throw new OvationError("internal");
  return accepted;
}
