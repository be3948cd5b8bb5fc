/** Handles publish requests off the bus: reads them, checks who and what, has them accepted, replies. */
import type { Bans } from "../../shared/moderation/bans.ts";
import { decodeUntrusted } from "../../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  type EventRules,
  type LiveRules,
  mayBeNewKind,
  parseBusRequest,
  type RequestEvent,
} from "../../shared/protocol/events.ts";
import { isGatewayPublish, videoOfPublishSubject } from "../../shared/protocol/subjects.ts";
import { type Encoding, sniffEncoding } from "../../shared/protocol/wire/codec.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { type Tracer, withSpan } from "../../shared/runtime/tracing/tracer.ts";
import type { DispatcherOverload } from "../overload.ts";
import type { Acceptor } from "../publish/acceptor.ts";
import type { ReviewGate } from "../review/gate.ts";
import type { EndedVideos } from "../state/ended-videos.ts";
import { startDispatchSpan } from "./dispatch-span.ts";
import type { Accepted, Replies } from "./replies.ts";

interface PublishHandlerOptions {
  readonly rules: LiveRules;
  readonly replies: Pick<Replies, "accept" | "refuse" | "later">;
  readonly ended: Pick<EndedVideos, "require">;
  readonly bans: Pick<Bans, "requirePublishing">;
  /** Judges events of kinds that are reviewed. */
  readonly review: Pick<ReviewGate, "isNeeded" | "pass">;
  /** Refuses requests under overload. */
  readonly overload: Pick<DispatcherOverload, "admitRequest" | "admitTransient">;
  /** Takes the events that passed. */
  readonly acceptor: Pick<Acceptor, "accept">;
  readonly tracer: Tracer | undefined;
}

/** A request off the bus. */
interface PublishRequest {
  readonly video: string;
  /** Decoded. */
  readonly value: unknown;
  readonly bytes: number;
  readonly isOfGateway: boolean;
  readonly isStored: boolean;
  readonly trace: TraceContext | undefined;
}

/** Whether any event of a request is of a kind that is stored. */
function hasStored(value: unknown, rules: EventRules): boolean {
  if (Array.isArray(value)) return value.some((item: unknown) => isStoredEvent(item, rules));
  return isStoredEvent(value, rules);
}

function isStoredEvent(item: unknown, { kinds }: EventRules): boolean {
  if (typeof item !== "object" || item === null || !("kind" in item)) return false;
  const { kind } = item;
  return typeof kind === "string" && kinds.isStored(kind);
}

export class PublishHandler {
  readonly stats = { requests: 0 };
  readonly #options: PublishHandlerOptions;

  constructor(options: PublishHandlerOptions) {
    this.#options = options;
  }

  /**
   * Takes one publish request off the bus: one event or a list, in msgpack or JSON.
   * @param traces the traces that it belongs to
   */
  take(payload: Uint8Array, subject: string, reply: string, traces: readonly TraceContext[]): void {
    this.stats.requests += 1;
    const encoding = sniffEncoding(payload);
    const { replies, tracer } = this.#options;
    const span = startDispatchSpan(tracer, subject, traces);
    try {
      const accepted = this.#accept(encoding, payload, subject, span?.trace);
      if (accepted instanceof Promise) {
        replies.later(encoding, reply, withSpan(span, accepted), span?.trace);
      } else {
        replies.accept(encoding, reply, accepted);
        span?.end();
      }
    } catch (fault) {
      replies.refuse(encoding, reply, fault, span?.trace);
      span?.end(fault);
    }
  }

  #accept(
    encoding: Encoding,
    payload: Uint8Array,
    subject: string,
    trace: TraceContext | undefined,
  ): Accepted | Promise<Accepted> {
    const { overload, ended, rules } = this.#options;
    overload.admitRequest();
    const video = videoOfPublishSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    ended.require(video);
    const value = decodeUntrusted(encoding, payload, "body_malformed", "the request");
    const isOfGateway = isGatewayPublish(subject);
    const isStored = hasStored(value, rules);
    const request = { video, value, bytes: payload.length, isOfGateway, isStored, trace };
    try {
      return this.#acceptRequest(request);
    } catch (fault) {
      if (!mayBeNewKind(fault)) throw fault;
      return this.#acceptNewKinds(request);
    }
  }

  /** One of the kinds may have been added a moment ago. */
  async #acceptNewKinds(request: PublishRequest): Promise<Accepted> {
    const { rules } = this.#options;
    await rules.learnKinds();
    return await this.#acceptRequest({ ...request, isStored: hasStored(request.value, rules) });
  }

  #acceptRequest(request: PublishRequest): Accepted | Promise<Accepted> {
    const { video, value, bytes, isOfGateway, isStored } = request;
    const { rules, overload, review, acceptor } = this.#options;
    // With no time for likes, there is none to validate each of them either.
    if (!isStored) overload.admitTransient();
    const parsed = parseBusRequest(value, rules, bytes, isOfGateway);
    // Gateways have checked: one request of theirs may have events of several publishers.
    const inputs = isOfGateway ? parsed : this.#unbanned(video, parsed);
    // Services are trusted.
    if (isOfGateway && inputs.some((input) => review.isNeeded(input))) {
      return review.pass(video, inputs, (passed) => acceptor.accept(request, passed));
    }
    return acceptor.accept(request, inputs);
  }

  /** With a mark on each that only its actor may see. @throws OvationError banned, naming the field */
  #unbanned(video: string, inputs: readonly RequestEvent[]): readonly RequestEvent[] {
    return inputs.map((input, index) => {
      const field = inputs.length === 1 ? "actor" : `events[${index}].actor`;
      const shadow = this.#options.bans.requirePublishing(input.actor, video, field);
      return shadow ? { ...input, shadow } : input;
    });
  }
}
