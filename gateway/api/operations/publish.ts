/**
 * Publishing, for every wire. The checks have one order: grant, shape, bans and the room's rules, rate,
 * overload, in flight. A refused event costs its publisher no quota, even if a dispatcher refuses it.
 */
import { encodeEvent } from "../../../shared/protocol/bus-request.ts";
import { asOvationError, OvationError } from "../../../shared/protocol/errors.ts";
import { checkEvent, type EventInput, type RequestEvent } from "../../../shared/protocol/events.ts";
import { requireByRules } from "../../../shared/protocol/moderation/rule-refusal.ts";
import { requireActor } from "../../../shared/protocol/votes/vote.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../../shared/runtime/tracing/trace-context.ts";
import { authorizeEvent } from "../../auth/authorize-event.ts";
import type { Grant } from "../../auth/grant.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { PublishQuota } from "../../limits/publish-quota.ts";
import type { PublishAmount } from "../../limits/publisher-quota.ts";
import type { SlowedEvent } from "../../limits/slow-mode.ts";
import type { Accepted } from "../../publish/dispatcher-client.ts";
import { withEventId } from "../../publish/event-id.ts";
import type { OrderedPublishes } from "../../publish/ordered-publishes.ts";
import type { JoiningVideos } from "../joining-videos.ts";
import type { GatewayServices } from "../services.ts";
import { mustReadRules, rulesFor } from "./room-rules.ts";
import { slowedEvent, slowedEvents } from "./slowed-events.ts";

type PublishServices = Pick<
  GatewayServices,
  "rules" | "roomRules" | "rates" | "ids" | "admission" | "publisher" | "bans"
>;

/** Who publishes, over any wire. */
export interface EventPublisher {
  readonly grant: Grant;
  /** Whose limits over all gateways apply; undefined for a trusted publisher. */
  readonly limitedAs: ClientKey | undefined;
  readonly quota: PublishQuota;
}

/** A connection that publishes: its events keep their order, and few of them are under way at once. */
export interface ConnectedPublisher extends EventPublisher {
  /** @throws OvationError in_flight_exceeded */
  requireRoom(): void;
  /** Its subscriptions that are not answered yet. */
  readonly joining: Pick<JoiningVideos, "of">;
  /** Publishes its events in their order. Likes need none. */
  readonly ordered: Pick<OrderedPublishes, "publish" | "inTurn">;
}

/** An event as it goes to a dispatcher, and what it costs of its publisher's quota. */
export interface AdmittedEvent {
  readonly input: RequestEvent;
  readonly amount: PublishAmount;
  /** Undefined unless slow mode applies to it. */
  readonly slowed: SlowedEvent | undefined;
}

/**
 * Admits one event of a connection, and charges its quota.
 * @param messageBytes length of the message that held it
 * @throws OvationError why it is refused
 */
export function admitEvent(
  services: PublishServices,
  publisher: ConnectedPublisher,
  video: string,
  given: EventInput,
  messageBytes: number,
): AdmittedEvent {
  const { grant, limitedAs, quota } = publisher;
  const { kinds } = services.rules;
  grant.requireVideo(video);
  checkEvent(given, services.rules, "", messageBytes);
  const input = authorizeEvent(given, grant, video, "");
  const isShadow = services.bans.requirePublishing(input.actor, video, fieldOfActor(given, ""));
  if (kinds.isVote(input.kind)) requireActor(input.actor);
  const rules = rulesFor(services, grant, video);
  requireByRules(rules, kinds, input);
  const { slowMode } = services.rates;
  const slowed = slowedEvent(rules, kinds, video, input, limitedAs);
  if (slowed !== undefined) slowMode.check(slowed);
  const amount = { video, events: 1, transient: kinds.isTransient(input.kind) ? 1 : 0 };
  quota.check(limitedAs, amount);
  services.admission.overload.admitEvents(kinds.isStored(input.kind), true);
  publisher.requireRoom();
  quota.take(limitedAs, amount);
  if (slowed !== undefined) slowMode.take(slowed);
  const event = withEventId(input, grant.publisher, services);
  return { input: marked(event, grant, isShadow), amount, slowed };
}

/** @param isShadow whether only its actor may see it */
function marked(event: RequestEvent, { isTrusted }: Grant, isShadow: boolean): RequestEvent {
  if (isShadow) return { ...event, shadow: true };
  return isTrusted ? { ...event, trusted: true } : event;
}

/** Where an event names its actor; undefined where its publisher is the actor. */
function fieldOfActor({ actor }: EventInput, field: string): string | undefined {
  if (actor === undefined) return undefined;
  return field === "" ? "actor" : `${field}.actor`;
}

const TAKEN = { field: "eventId" };

/**
 * Publishes an admitted event.
 * @throws OvationError why it is refused; with the id to repeat it with where that is safe
 */
export async function publishEvent(
  services: PublishServices,
  publisher: ConnectedPublisher,
  event: AdmittedEvent,
  trace: TraceContext | undefined,
): Promise<Accepted> {
  const { input, amount, slowed } = event;
  const { video } = amount;
  try {
    const joining = publisher.joining.of(video);
    // Otherwise a viewer would not see what it publishes right after its subscribe.
    const publishing =
      joining === undefined
        ? forward(services, publisher, event, trace)
        : joining.then(() => forward(services, publisher, event, trace));
    if (services.rules.kinds.isDurable(input.kind)) {
      services.publisher.durable.add(video, [input.id], publishing);
    }
    return await publishing;
  } catch (fault) {
    const error = asOvationError(fault);
    // It may have been published nevertheless.
    if (error.kind.retry === "same-id") throw error.repeatWith(input.id);
    publisher.quota.giveBack(publisher.limitedAs, amount);
    if (slowed !== undefined) services.rates.slowMode.giveBack(slowed);
    // As the connection's own message names it.
    if (error.code === "event_id_taken") throw new OvationError(error.code, undefined, TAKEN);
    throw error;
  }
}

function forward(
  { rules: { kinds }, publisher: { batched } }: PublishServices,
  publisher: ConnectedPublisher,
  { input, amount: { video } }: AdmittedEvent,
  trace: TraceContext | undefined,
): Promise<Accepted> {
  if (kinds.isTransient(input.kind)) return batched.publish(video, input, trace);
  if (kinds.isVote(input.kind)) {
    return publisher.ordered.inTurn(video, () => batched.publish(video, input, trace));
  }
  return publisher.ordered.publish(video, input, kinds.isDurable(input.kind), trace);
}

/** The outcome of a list: the accepted events, and the error if not all were accepted. */
export interface PublishedList {
  readonly inputs: readonly EventInput[];
  readonly accepted: readonly Accepted[];
  /** Why votes, or what reviewers denied, were refused, by their places in the list. */
  readonly refused?: ReadonlyMap<number, OvationError>;
  readonly error?: unknown;
}

/**
 * Publishes a list whose events have passed the check of their shape; their order is kept.
 * @param isList whether it was sent as a list, so that an error names the event
 * @throws OvationError why the whole list is refused
 */
export async function publishList(
  services: PublishServices,
  { grant, limitedAs, quota }: EventPublisher,
  video: string,
  given: readonly EventInput[],
  isList: boolean,
  traces: readonly TraceContext[],
): Promise<PublishedList> {
  const { kinds } = services.rules;
  if (mustReadRules(services, grant, video)) {
    const ids = given.flatMap(({ id }) => (id === undefined ? [] : [id]));
    await services.publisher.durable.add(video, ids, services.roomRules.learn(video));
  }
  const rules = rulesFor(services, grant, video);
  const inputs = given.map((input, index) => {
    const field = isList ? `events[${index}]` : "";
    const at = isList ? `${field}.` : "";
    const authorized = authorizeEvent(input, grant, video, field);
    const about = fieldOfActor(input, field);
    const isShadow = services.bans.requirePublishing(authorized.actor, video, about);
    if (kinds.isVote(input.kind)) requireActor(authorized.actor, at);
    requireByRules(rules, kinds, authorized, at);
    return marked(withEventId(authorized, grant.publisher, services), grant, isShadow);
  });
  const amountOf = (events: readonly EventInput[]): PublishAmount => ({
    video,
    events: events.length,
    transient: events.filter(({ kind }) => kinds.isTransient(kind)).length,
  });
  const slowed = slowedEvents(
    services.rates.slowMode,
    inputs.map((input) => slowedEvent(rules, kinds, video, input, limitedAs)),
  );
  const amount = amountOf(inputs);
  quota.check(limitedAs, amount);
  const isStored = inputs.some(({ kind }) => kinds.isStored(kind));
  services.admission.overload.admitEvents(isStored, false);
  const events = inputs.map((input) => ({ input, bytes: encodeEvent(input) }));
  quota.take(limitedAs, amount);
  slowed.take();
  const { client, durable } = services.publisher;
  const publishing = client.publish(video, events, traces, monotonicNow());
  const durableIds = inputs.filter(({ kind }) => kinds.isDurable(kind)).map(({ id }) => id);
  const { accepted, refused, error } = await durable.add(video, durableIds, publishing);
  if (error !== undefined && asOvationError(error).kind.retry !== "same-id") {
    quota.giveBack(limitedAs, amountOf(inputs.slice(accepted.length)));
    slowed.giveBack((place) => place >= accepted.length);
  }
  if (refused !== undefined) {
    quota.giveBack(limitedAs, amountOf(inputs.filter((_, index) => refused.has(index))));
    slowed.giveBack((place) => refused.has(place));
  }
  return { inputs, accepted, ...(refused === undefined ? {} : { refused }), error };
}
