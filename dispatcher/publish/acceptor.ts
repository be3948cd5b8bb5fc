/**
 * Accepts events that have passed every check: stores those that must be stored, counts, and sends
 * them. It returns the answer to their publisher.
 */
import { publishedAtOf } from "../../shared/protocol/bus-request.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { LiveRules, RequestEvent } from "../../shared/protocol/events.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { DeliveryClass } from "../../shared/protocol/kinds.ts";
import { type ShadowEvent, seqOfShadow } from "../../shared/protocol/moderation/shadow.ts";
import type { Hop, HopClock } from "../../shared/runtime/hops.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Fanout } from "../fanout.ts";
import { EventIdTaken, type UnstoredEvent } from "../history/batch.ts";
import type { History } from "../history/history.ts";
import { mergedAnswer } from "../moderation/merged-answer.ts";
import type { Shadows } from "../moderation/shadows.ts";
import type { Accepted } from "../requests/replies.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import { type StatePut, statePut } from "../state/state-change.ts";
import type { VideoStates } from "../state/video-states.ts";
import type { Totals } from "../totals/totals.ts";
import { type UsedVariant, usedVariants } from "../totals/variants.ts";
import { acceptVotes } from "../votes/accept-votes.ts";
import type { Votes } from "../votes/votes.ts";
import { EventFactory } from "./event-factory.ts";

interface AcceptorOptions {
  readonly rules: LiveRules;
  readonly now: WallClock;
  readonly clock: HopClock;
  /** The hop to this dispatcher. */
  readonly hop: Hop;
  /** Takes the events that are not stored. */
  readonly fanout: Pick<Fanout, "emit" | "emitSoon">;
  /** Takes the durable events. */
  readonly history: Pick<History, "store">;
  /** Counts what was accepted. */
  readonly totals: Pick<Totals, "add" | "variants">;
  /** Takes the events of class state. */
  readonly states: Pick<VideoStates, "edit">;
  /** Takes the votes. */
  readonly votes: Pick<Votes, "cast">;
  /** Takes what only its actor may see. */
  readonly shadows: Pick<Shadows, "accept">;
}

/** A request whose events have been checked. */
interface CheckedRequest {
  readonly video: string;
  /** Decoded. */
  readonly value: unknown;
  /** Whether any of its events is of a kind that is stored. */
  readonly isStored: boolean;
  readonly trace: TraceContext | undefined;
}

/** The error that names the event, by its place in the request. */
function refusalOf({ index }: EventIdTaken, isDurable: readonly boolean[]): OvationError {
  const places = [...isDurable.keys()].filter((place) => isDurable[place] === true);
  const field = isDurable.length === 1 ? "id" : `events[${places[index] ?? 0}].id`;
  return new OvationError("event_id_taken", `${field}: the id is taken`, { field });
}

const NONE = Promise.resolve<readonly number[]>([]);

export class Acceptor {
  /** Accepted events, by class. */
  readonly events: Record<DeliveryClass, number> = {
    transient: 0,
    durable: 0,
    latest: 0,
    state: 0,
    vote: 0,
  };
  readonly #options: AcceptorOptions;
  readonly #factory: EventFactory;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#factory = new EventFactory(options.rules);
  }

  /**
   * @returns the answer; a promise of it where something is stored first
   * @throws OvationError why they are refused; then none was sent
   */
  accept(request: CheckedRequest, inputs: readonly RequestEvent[]): Accepted | Promise<Accepted> {
    if (inputs.some(({ shadow }) => shadow === true)) return this.#acceptShadowed(request, inputs);
    return this.#acceptShown(request, inputs);
  }

  #acceptShown(
    { video, value, isStored, trace }: CheckedRequest,
    inputs: readonly RequestEvent[],
  ): Accepted | Promise<Accepted> {
    const { rules, totals, votes } = this.#options;
    const taken = this.#timingOf(publishedAtOf(value), trace);
    const at = this.#options.now();
    const variants = usedVariants(inputs, rules.kinds);
    if (variants.length > 0 && !totals.variants.areKnown(video, variants)) {
      return this.#acceptNewVariants(video, inputs, variants, isStored, at, taken);
    }
    if (isStored && inputs.every(({ kind }) => rules.kinds.isVote(kind))) {
      return this.#acceptVotes(votes, video, inputs);
    }
    if (isStored) return this.#acceptStored(video, inputs, at, taken);
    return this.#acceptTransient(video, inputs, at, taken);
  }

  /** Some of these only their actors may see: they are answered like the others. */
  async #acceptShadowed(
    request: CheckedRequest,
    inputs: readonly RequestEvent[],
  ): Promise<Accepted> {
    const { rules, shadows, now } = this.#options;
    const others = inputs.filter(({ shadow }) => shadow !== true);
    const rest = others.length === 0 ? undefined : await this.#acceptShown(request, others);
    const at = now();
    const shown = new Map<RequestEvent, ShadowEvent>();
    for (const input of inputs) {
      if (input.shadow !== true) continue;
      const event = this.#factory.shadow(input, at);
      const isKept = rules.kinds.isDurable(input.kind);
      shown.set(input, await shadows.accept(request.video, input.actor ?? "", event, isKept));
    }
    const ownOf = (input: RequestEvent) => {
      const event = shown.get(input);
      if (event === undefined) return undefined;
      const seq = rules.kinds.isDurable(input.kind) ? seqOfShadow(event) : null;
      return { id: event.id, seq };
    };
    const hasSeqs = inputs.some(({ kind }) => rules.kinds.isDurable(kind));
    return mergedAnswer(inputs, rest, ownOf, hasSeqs);
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
    return await this.#acceptTransient(video, inputs, at, taken);
  }

  #acceptTransient(
    video: string,
    inputs: readonly RequestEvent[],
    at: number,
    taken: RequestTiming,
  ): Accepted | Promise<Accepted> {
    const { fanout, totals } = this.#options;
    const ids: string[] = [];
    const events = inputs.map((input) => {
      const id = this.#factory.unstoredIdOf(input);
      ids.push(id);
      return this.#fanoutEvent(input, id, at);
    });
    const sent = fanout.emitSoon(video, events, taken);
    if (sent === undefined) {
      totals.add(video, events);
      return { accepted: ids };
    }
    return sent.then(() => {
      totals.add(video, events);
      return { accepted: ids };
    });
  }

  async #acceptVotes(
    votes: Pick<Votes, "cast">,
    video: string,
    inputs: readonly RequestEvent[],
  ): Promise<Accepted> {
    const ids = inputs.map((input) => this.#factory.unstoredIdOf(input));
    const outcome = await acceptVotes(votes, video, inputs, ids);
    this.events.vote += ids.length - (outcome.refused?.length ?? 0);
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
    const accepted = inputs.map((input) => this.#factory.idOf(input));
    const puts: StatePut[] = [];
    const durable: UnstoredEvent[] = [];
    const unstored: FanoutEvent[] = [];
    const isDurable = inputs.map((input, index) => {
      const id = accepted[index] ?? "";
      const { kind, actor, data } = input;
      const deliveryClass = this.#factory.classOf(input);
      if (deliveryClass === "durable") durable.push(this.#factory.durable(input, id, at));
      else if (deliveryClass === "state") puts.push(statePut(kind, { id, at, actor, data }));
      else unstored.push(this.#fanoutEvent(input, id, at));
      return deliveryClass === "durable";
    });
    if (puts.length > 0) await states.edit(video, () => puts, taken);
    this.events.state += puts.length;
    const storing = durable.length === 0 ? NONE : history.store(video, durable, taken);
    const seqsOfDurable = await storing.catch((fault: unknown) => {
      throw fault instanceof EventIdTaken ? refusalOf(fault, isDurable) : fault;
    });
    const stored = seqsOfDurable.values();
    this.events.durable += durable.length;
    try {
      // At once: the answer does not wait for a window.
      if (unstored.length > 0) this.#emit(video, unstored, taken);
    } catch (cause) {
      // Some of the request's events are stored, so a plain "unavailable" would be wrong.
      throw new OvationError("timeout", undefined, { cause });
    }
    if (durable.length === 0) return { accepted };
    const seqs = isDurable.map((is) => (is ? (stored.next().value ?? null) : null));
    return { accepted, seqs };
  }

  #fanoutEvent(input: RequestEvent, id: string, at: number): FanoutEvent {
    const event = this.#factory.fanout(input, id, at);
    this.events[event.deliveryClass] += 1;
    return event;
  }

  /** Sends events that are not stored now, and counts them. */
  #emit(video: string, events: readonly FanoutEvent[], taken: RequestTiming): void {
    const { fanout, totals } = this.#options;
    fanout.emit(video, events, taken);
    totals.add(video, events);
  }

  #timingOf(publishedAt: number | undefined, trace: TraceContext | undefined): RequestTiming {
    const { clock, hop } = this.#options;
    const at = clock.now();
    const takenAt = clock.wallAt(at);
    if (publishedAt !== undefined) hop.passed(publishedAt, takenAt, trace);
    return { at, publishedAt: publishedAt ?? takenAt, trace };
  }
}
