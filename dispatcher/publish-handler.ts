/** Handles publish requests off the bus: checks them, gives events ids and times, and replies. */
import type { Bans } from "../shared/moderation/bans.ts";
import { publishedAtOf } from "../shared/protocol/bus-request.ts";
import { decodeUntrusted } from "../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../shared/protocol/errors.ts";
import {
  type EventRules,
  type LiveRules,
  mayBeNewKind,
  parseBusRequest,
  type RequestEvent,
} from "../shared/protocol/events.ts";
import type { FanoutEvent } from "../shared/protocol/fanout-message.ts";
import { encodeUnplaced } from "../shared/protocol/history/durable-event.ts";
import { type DeliveryClass, type UnstoredClass, VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import { type ShadowEvent, seqOfShadow } from "../shared/protocol/moderation/shadow.ts";
import { EventIds, ReservedIds } from "../shared/protocol/names.ts";
import { variantIn } from "../shared/protocol/publishable.ts";
import { isGatewayPublish, videoOfPublishSubject } from "../shared/protocol/subjects.ts";
import { type Encoding, encodeMsgpack, sniffEncoding } from "../shared/protocol/wire/codec.ts";
import type { Hop, HopClock } from "../shared/runtime/hops.ts";
import type { WallClock } from "../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../shared/runtime/tracing/trace-context.ts";
import { type Tracer, withSpan } from "../shared/runtime/tracing/tracer.ts";
import { startDispatchSpan } from "./dispatch-span.ts";
import type { Fanout, RequestTiming } from "./fanout.ts";
import { EventIdTaken, type UnstoredEvent } from "./history/batch.ts";
import type { History } from "./history/history.ts";
import { mergedAnswer } from "./moderation/merged-answer.ts";
import type { Shadows } from "./moderation/shadows.ts";
import type { DispatcherOverload } from "./overload.ts";
import { ownerOf, repeatKeyOf } from "./owner.ts";
import type { Accepted, Replies } from "./replies.ts";
import type { ReviewGate } from "./review/gate.ts";
import type { EndedVideos } from "./state/ended-videos.ts";
import { type StatePut, statePut } from "./state/state-change.ts";
import type { VideoStates } from "./state/video-states.ts";
import type { ViewerCount } from "./table/counts.ts";
import type { Totals } from "./totals/totals.ts";
import type { UsedVariant } from "./totals/variants.ts";
import { acceptVotes } from "./votes/accept-votes.ts";
import type { Votes } from "./votes/votes.ts";

interface PublishHandlerOptions {
  readonly rules: LiveRules;
  readonly now: WallClock;
  readonly clock: HopClock;
  /** The hop to this dispatcher. */
  readonly hop: Hop;
  readonly replies: Pick<Replies, "accept" | "refuse" | "later">;
  /** Takes the events that are not stored. */
  readonly fanout: Pick<Fanout, "emit">;
  /** Takes the durable events. */
  readonly history: Pick<History, "store">;
  /** Counts what was accepted. */
  readonly totals: Pick<Totals, "add" | "variants">;
  /** Takes the events of class state. */
  readonly states: Pick<VideoStates, "edit">;
  readonly ended: Pick<EndedVideos, "require">;
  /** Takes the votes. */
  readonly votes: Pick<Votes, "cast">;
  readonly bans: Pick<Bans, "requirePublishing">;
  /** Takes what only its actor may see. */
  readonly shadows: Pick<Shadows, "accept">;
  /** Judges events of kinds that are reviewed. */
  readonly review: Pick<ReviewGate, "isNeeded" | "pass">;
  /** Refuses requests under overload. */
  readonly overload: Pick<DispatcherOverload, "admitRequest" | "admitTransient">;
  readonly tracer: Tracer | undefined;
}

export interface PublishStats {
  requests: number;
  readonly events: Record<DeliveryClass, number>;
}

/** A request off the bus. */
interface PublishRequest {
  readonly video: string;
  /** Decoded. */
  readonly value: unknown;
  readonly bytes: number;
  readonly isOfGateway: boolean;
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

/** The variants in a request of kinds that take any. */
function usedVariants(inputs: readonly RequestEvent[], { kinds }: EventRules): UsedVariant[] {
  const used: UsedVariant[] = [];
  for (const [index, { kind, data }] of inputs.entries()) {
    const variant = kinds.get(kind)?.variants === "any" ? variantIn(data) : undefined;
    if (variant === undefined) continue;
    const field = inputs.length === 1 ? "data.variant" : `events[${index}].data.variant`;
    used.push({ kind, variant, field });
  }
  return used;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The error that names the event, by its place in the request. */
function refusalOf({ index }: EventIdTaken, isDurable: readonly boolean[]): OvationError {
  const places = [...isDurable.keys()].filter((place) => isDurable[place] === true);
  const field = isDurable.length === 1 ? "id" : `events[${places[index] ?? 0}].id`;
  return new OvationError("event_id_taken", `${field}: the id is taken`, { field });
}

const NONE = Promise.resolve<readonly number[]>([]);

/** Of a class that is not stored. */
function asUnstored(deliveryClass: DeliveryClass): UnstoredClass {
  if (deliveryClass === "transient" || deliveryClass === "latest") return deliveryClass;
  throw new Error(`events of class ${deliveryClass} are stored`);
}

export class PublishHandler {
  readonly stats: PublishStats = {
    requests: 0,
    events: { transient: 0, durable: 0, latest: 0, state: 0, vote: 0 },
  };
  readonly #options: PublishHandlerOptions;
  readonly #ids = new EventIds();
  readonly #reservedIds = new ReservedIds();

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
    this.#options.overload.admitRequest();
    const video = videoOfPublishSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    this.#options.ended.require(video);
    const value = decodeUntrusted(encoding, payload, "body_malformed", "the request");
    const isOfGateway = isGatewayPublish(subject);
    const request = { video, value, bytes: payload.length, isOfGateway, trace };
    try {
      return this.#acceptRequest(request);
    } catch (fault) {
      if (!mayBeNewKind(fault)) throw fault;
      return this.#acceptNewKinds(request);
    }
  }

  /** One of the kinds may have been added a moment ago. */
  async #acceptNewKinds(request: PublishRequest): Promise<Accepted> {
    await this.#options.rules.learnKinds();
    return await this.#acceptRequest(request);
  }

  #acceptRequest(request: PublishRequest): Accepted | Promise<Accepted> {
    const { video, value, bytes, isOfGateway } = request;
    const { rules, overload } = this.#options;
    const isStored = hasStored(value, rules);
    // With no time for likes, there is none to validate each of them either.
    if (!isStored) overload.admitTransient();
    const parsed = parseBusRequest(value, rules, bytes, isOfGateway);
    // Gateways have checked: one request of theirs may have events of several publishers.
    const inputs = isOfGateway ? parsed : this.#unbanned(video, parsed);
    // Services are trusted.
    const { review } = this.#options;
    if (isOfGateway && inputs.some((input) => review.isNeeded(input))) {
      return review.pass(video, inputs, (passed) => this.#acceptChecked(request, passed, isStored));
    }
    return this.#acceptChecked(request, inputs, isStored);
  }

  #acceptChecked(
    request: PublishRequest,
    inputs: readonly RequestEvent[],
    isStored: boolean,
  ): Accepted | Promise<Accepted> {
    if (inputs.some(({ shadow }) => shadow === true)) {
      return this.#acceptShadowed(request, inputs, isStored);
    }
    return this.#acceptInputs(request, inputs, isStored);
  }

  #acceptInputs(
    { video, value, trace }: PublishRequest,
    inputs: readonly RequestEvent[],
    isStored: boolean,
  ): Accepted | Promise<Accepted> {
    const { rules } = this.#options;
    const taken = this.#timingOf(publishedAtOf(value), trace);
    const at = this.#options.now();
    const variants = usedVariants(inputs, rules);
    if (variants.length > 0 && !this.#options.totals.variants.areKnown(video, variants)) {
      return this.#acceptNewVariants(video, inputs, variants, isStored, at, taken);
    }
    if (inputs.every(({ kind }) => rules.kinds.isVote(kind))) {
      return this.#acceptVotes(video, inputs);
    }
    if (isStored) return this.#acceptStored(video, inputs, at, taken);
    return this.#acceptTransient(video, inputs, at, taken);
  }

  /** With a mark on each that only its actor may see. @throws OvationError banned, naming the field */
  #unbanned(video: string, inputs: readonly RequestEvent[]): readonly RequestEvent[] {
    return inputs.map((input, index) => {
      const field = inputs.length === 1 ? "actor" : `events[${index}].actor`;
      const shadow = this.#options.bans.requirePublishing(input.actor, video, field);
      return shadow ? { ...input, shadow } : input;
    });
  }

  /** Some of these only their actors may see: they are answered like the others. */
  async #acceptShadowed(
    request: PublishRequest,
    inputs: readonly RequestEvent[],
    isStored: boolean,
  ): Promise<Accepted> {
    const others = inputs.filter(({ shadow }) => shadow !== true);
    const rest = others.length === 0 ? undefined : this.#acceptInputs(request, others, isStored);
    const outcome = await rest;
    const at = this.#options.now();
    const shown = new Map<RequestEvent, ShadowEvent>();
    for (const input of inputs) {
      if (input.shadow === true)
        shown.set(input, await this.#acceptShadow(request.video, input, at));
    }
    const { rules } = this.#options;
    const hasSeqs = inputs.some(({ kind }) => rules.kinds.isDurable(kind));
    return mergedAnswer(
      inputs,
      outcome,
      (input) => {
        const event = shown.get(input);
        if (event === undefined) return undefined;
        const seq = rules.kinds.isDurable(input.kind) ? seqOfShadow(event) : null;
        return { id: event.id, seq };
      },
      hasSeqs,
    );
  }

  async #acceptShadow(video: string, input: RequestEvent, at: number): Promise<ShadowEvent> {
    const { kind, actor = "", data } = input;
    const id = input.id ?? this.#idFor(input);
    const event = { id, kind, at, ...(actor === "" ? {} : { actor }) };
    const bytes = encodeMsgpack(data === undefined ? event : { ...event, data });
    const isKept = this.#options.rules.kinds.isDurable(kind);
    return await this.#options.shadows.accept(video, actor, { id, kind, bytes }, isKept);
  }

  /** With variants that this dispatcher has not seen on the video yet. */
  async #acceptNewVariants(
    video: string,
    inputs: readonly RequestEvent[],
    variants: readonly UsedVariant[],
    isStored: boolean,
    at: number,
    taken: RequestTiming,
  ): Promise<Accepted> {
    await this.#options.totals.variants.admit(video, variants);
    if (isStored) return await this.#acceptStored(video, inputs, at, taken);
    return this.#acceptTransient(video, inputs, at, taken);
  }

  #acceptTransient(
    video: string,
    inputs: readonly RequestEvent[],
    at: number,
    taken: RequestTiming,
  ): Accepted {
    const ids: string[] = [];
    const events = inputs.map((input) => {
      const id = input.id ?? this.#reservedIds.next();
      ids.push(id);
      return this.#fanoutEvent(input, asUnstored(this.#classOf(input)), id, at);
    });
    this.#emit(video, events, taken);
    return { accepted: ids };
  }

  /** Sends events that are not stored, and counts them. */
  #emit(video: string, events: readonly FanoutEvent[], taken: RequestTiming): void {
    const { fanout, totals } = this.#options;
    fanout.emit(video, events, taken);
    totals.add(video, events);
  }

  #timingOf(publishedAt: number | undefined, trace: TraceContext | undefined): RequestTiming {
    const { clock, hop } = this.#options;
    const at = clock.now();
    const takenAt = clock.wallAt(at);
    if (publishedAt !== undefined) hop.passed(publishedAt, takenAt);
    return { at, publishedAt: publishedAt ?? takenAt, trace };
  }

  async #acceptVotes(video: string, inputs: readonly RequestEvent[]): Promise<Accepted> {
    const ids = inputs.map((input) => input.id ?? this.#reservedIds.next());
    const outcome = await acceptVotes(this.#options.votes, video, inputs, ids);
    this.stats.events.vote += ids.length - (outcome.refused?.length ?? 0);
    return outcome;
  }

  /**
   * What is stored goes first: when that fails, no event of the request is sent. State comes before
   * the durable events, since only there an event may be refused for good.
   */
  async #acceptStored(
    video: string,
    inputs: readonly RequestEvent[],
    at: number,
    taken: RequestTiming,
  ): Promise<Accepted> {
    const { history, states } = this.#options;
    const accepted = inputs.map((input) => input.id ?? this.#idFor(input));
    const puts: StatePut[] = [];
    const durable: UnstoredEvent[] = [];
    const unstored: FanoutEvent[] = [];
    const isDurable = inputs.map((input, index) => {
      const id = accepted[index] ?? "";
      const { kind, actor, data } = input;
      const deliveryClass = this.#classOf(input);
      if (deliveryClass === "durable") {
        const bytes = encodeUnplaced({ id, kind, at, actor, data });
        durable.push({ id, kind, bytes, owner: ownerOf(input) });
        return true;
      }
      if (deliveryClass === "state") puts.push(statePut(kind, { id, at, actor, data }));
      else unstored.push(this.#fanoutEvent(input, asUnstored(deliveryClass), id, at));
      return false;
    });
    if (puts.length > 0) await states.edit(video, () => puts, taken);
    this.stats.events.state += puts.length;
    const storing = durable.length === 0 ? NONE : history.store(video, durable, taken);
    const seqsOfDurable = await storing.catch((fault: unknown) => {
      throw fault instanceof EventIdTaken ? refusalOf(fault, isDurable) : fault;
    });
    const stored = seqsOfDurable.values();
    this.stats.events.durable += durable.length;
    try {
      if (unstored.length > 0) this.#emit(video, unstored, taken);
    } catch (cause) {
      // Some of the request's events are stored, so a plain "unavailable" would be wrong.
      throw new OvationError("timeout", undefined, { cause });
    }
    if (durable.length === 0) return { accepted };
    const seqs = isDurable.map((is) => (is ? (stored.next().value ?? null) : null));
    return { accepted, seqs };
  }

  #idFor(input: RequestEvent): string {
    return this.#classOf(input) === "durable" ? this.#ids.next() : this.#reservedIds.next();
  }

  #classOf({ kind }: RequestEvent): DeliveryClass {
    return this.#options.rules.kinds.get(kind)?.deliveryClass ?? "transient";
  }

  #fanoutEvent(
    input: RequestEvent,
    deliveryClass: UnstoredClass,
    id: string,
    at: number,
  ): FanoutEvent {
    const { kind, actor, data } = input;
    this.stats.events[deliveryClass] += 1;
    const bytes = encodeMsgpack({
      id,
      kind,
      at,
      ...(actor === undefined ? {} : { actor }),
      ...(data === undefined ? {} : { data }),
    });
    const known = this.#options.rules.kinds.get(kind);
    // One string for all events of a kind: whoever compares them need not read them.
    const event: Writable<FanoutEvent> = { kind: known?.name ?? kind, deliveryClass, bytes };
    if (input.id !== undefined) event.repeatKey = repeatKeyOf(id, input);
    if (known?.variants !== undefined) {
      const variant = variantIn(data);
      if (variant !== undefined) event.variant = variant;
    }
    return event;
  }

  /** The event that sends a video's viewers their number. */
  viewersEvent({ viewers, actors }: ViewerCount): FanoutEvent {
    const data = actors === undefined ? { viewers } : { viewers, actors };
    const event = { id: this.#reservedIds.next(), kind: VIEWERS_KIND, at: this.#options.now() };
    return {
      kind: VIEWERS_KIND,
      deliveryClass: "latest",
      bytes: encodeMsgpack({ ...event, data }),
    };
  }
}
