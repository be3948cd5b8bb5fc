/** What is published and what is delivered, as types and as the schemas that check them. */
import { z } from "zod";
import { OvationError } from "./errors.ts";
import { fieldOf } from "./field-path.ts";
import { dataFault } from "./kind-schema.ts";
import { KIND_PATTERN, type KindTable } from "./kinds.ts";
import { ACTOR_PATTERN, EVENT_ID_PATTERN, VIDEO_PATTERN } from "./names.ts";
import { dataRefusal, type EventRefusal, kindRefusal, variantRefusal } from "./publishable.ts";
import { parseVote } from "./votes/vote.ts";
import { encodeMsgpack } from "./wire/codec.ts";
import { dropNulls } from "./wire/null-fields.ts";

export type { OvationEvent } from "./event.ts";

/** Most events in one publish request. */
export const MAX_BATCH = 1_000;

export const videoSchema = z.string().regex(VIDEO_PATTERN);

/** Characters of an actor, in UTF-16 units. */
const ACTOR_LIMIT = 128;

/** Also for the `sub` of a token: what a gateway takes from there, every dispatcher takes too. */
export const actorSchema = z.string().max(ACTOR_LIMIT).regex(ACTOR_PATTERN, {
  error: "must be well-formed text of at least one character, without control characters",
});

/** The part of an event that a publisher gives; the dispatcher adds the rest. */
export const eventInputSchema = z.object({
  id: z.string().regex(EVENT_ID_PATTERN).optional(),
  kind: z.string(),
  actor: actorSchema.optional(),
  data: z.unknown().optional(),
});
export type EventInput = z.output<typeof eventInputSchema>;

/**
 * An event in a request over the bus. `by` says who published it, where a gateway knows: an id may
 * be repeated by the same publisher only. It is no part of the event, and no client can give it.
 */
const requestEventSchema = eventInputSchema.extend({
  by: z.string().min(1).max(256).optional(),
  /** Only its actor may see it. */
  shadow: z.boolean().optional(),
  /** Reviewers need not be asked. */
  trusted: z.boolean().optional(),
});
export type RequestEvent = z.output<typeof requestEventSchema>;

/** A request to delete a durable event. */
export const retractRequestSchema = z.object({
  id: z.string().regex(EVENT_ID_PATTERN),
  /** The moderator who deletes it, if that is known. */
  by: actorSchema.optional(),
  /** Deletes it only if it is of this actor, who is no moderator. */
  author: actorSchema.optional(),
});
export type RetractRequest = z.output<typeof retractRequestSchema>;

export const errorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  field: z.string().optional(),
  limit: z.number().optional(),
  retryAfterMs: z.number().optional(),
  untilMs: z.number().optional(),
});

/** The reply to a request over the bus that is refused. */
export const errorReplySchema = z.object({ error: errorBodySchema });

/**
 * The reply to a request to publish over the bus. `seqs` has the `seq` of each of `accepted`, null for an
 * event that isn't durable; it is absent when none is durable. Votes of a list are judged one by one:
 * where one was refused, `accepted` has null, and `refused` says why.
 */
export const publishReplySchema = z.union([
  z.object({
    accepted: z.array(z.string().nullable()),
    seqs: z.array(z.number().nullable()).optional(),
    refused: z.array(errorBodySchema.extend({ index: z.int().min(0) })).optional(),
  }),
  errorReplySchema,
]);

/** Which kinds exist, and how large an event's data may be. */
export interface EventRules {
  /** Those known now. */
  readonly kinds: KindTable;
  readonly dataLimitBytes: number;
}

/** Rules whose kinds may be behind those of the deployment. */
export interface LiveRules extends EventRules {
  /** Reads the kinds again. @throws OvationError unavailable, overloaded */
  learnKinds(): Promise<void>;
}

/** A kind is not known here, but there may be one of that name: it may be a moment old. */
class NewKind extends OvationError {}

/** Whether the error says that a kind is not known here, and it may have been added a moment ago. */
export function mayBeNewKind(fault: unknown): boolean {
  return fault instanceof NewKind;
}

const codeOfField = {
  id: "event_id_invalid",
  eventId: "event_id_invalid",
  video: "video_invalid",
} as const;

/** The first issue that zod found, as an error that names the field. */
export function errorOfIssues(error: z.ZodError, prefix = ""): OvationError {
  const issue = error.issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...unknown];
  const field = fieldOf(prefix, path);
  const last = path.at(-1);
  const isNamed = last === "id" || last === "eventId" || last === "video";
  if (isNamed && issue?.code === "invalid_format") {
    return new OvationError(codeOfField[last], undefined, { field });
  }
  const subject = field === "" ? "the message" : field;
  const text = `${subject}: ${issue?.message ?? "invalid"}`;
  return new OvationError("field_invalid", text, { field: field === "" ? undefined : field });
}

function refuse({ code, message, field, limit }: EventRefusal): never {
  throw new OvationError(code, message, { field, limit });
}

/**
 * Checks one event against the deployment's rules.
 * @param field its name in an error, such as `events[3]`; empty for a single event
 * @param boundBytes length of the message that held it
 * @throws OvationError kind_unknown, kind_reserved, variant_invalid, variant_unknown, data_too_large
 *   or data_invalid; field_invalid for a vote
 */
export function checkEvent(
  event: EventInput,
  rules: EventRules,
  field: string,
  boundBytes: number,
): void {
  const at = field === "" ? "" : `${field}.`;
  checkKindAndSize(event, rules, at, boundBytes);
  checkData(event, rules, at);
}

function checkKindAndSize(
  { kind, data }: EventInput,
  { kinds, dataLimitBytes }: EventRules,
  at: string,
  boundBytes: number,
): void {
  const badKind = kindRefusal(kind, kinds.publishable, at);
  if (badKind !== undefined) {
    if (badKind.code !== "kind_unknown" || !KIND_PATTERN.test(kind)) refuse(badKind);
    throw new NewKind(badKind.code, badKind.message, { field: badKind.field });
  }
  const badVariant = variantRefusal(data, kinds.get(kind)?.variants, at);
  if (badVariant !== undefined) refuse(badVariant);
  if (kinds.isVote(kind)) parseVote(data, at);
  // As msgpack, a value takes at most three times the bytes of its JSON (`5e9` as nine bytes), so
  // data from a small message needs no measuring.
  if (data === undefined || 3 * boundBytes <= dataLimitBytes) return;
  const badData = dataRefusal(encodeMsgpack(data).length, dataLimitBytes, at);
  if (badData !== undefined) refuse(badData);
}

/** Once its size is known to be within the limit, which bounds the work. */
function checkData({ kind, data }: EventInput, { kinds }: EventRules, at: string): void {
  const known = kinds.get(kind);
  if (known?.schema === undefined) return;
  // Without data, a state is removed.
  if (known.deliveryClass === "state" && data === undefined) return;
  const fault = dataFault(known.schema, data, at);
  if (fault === undefined) return;
  const { field, message, limit } = fault;
  throw new OvationError("data_invalid", `${field}: ${message}`, { field, limit });
}

/**
 * Parses a client's decoded publish request, one event or a list, and checks every event.
 * @throws OvationError that names the first wrong field; then no event is accepted
 */
export function parsePublishRequest(
  value: unknown,
  rules: EventRules,
  boundBytes: number,
): EventInput[] {
  const events = parseEvents(value, eventInputSchema, (event, field) =>
    checkEvent(event, rules, field, boundBytes),
  );
  return unmixed(events, rules);
}

/**
 * The same for a request over the bus.
 * @param isOfGateway whether a gateway sent it, which has checked the data: it may have put events of
 *   several publishers together, and none of them is refused for another's
 * @throws OvationError as {@link parsePublishRequest}
 */
export function parseBusRequest(
  value: unknown,
  rules: EventRules,
  boundBytes: number,
  isOfGateway: boolean,
): RequestEvent[] {
  const events = parseEvents(value, requestEventSchema, (event, field) => {
    const at = field === "" ? "" : `${field}.`;
    checkKindAndSize(event, rules, at, boundBytes);
    if (!isOfGateway) checkData(event, rules, at);
  });
  return unmixed(events, rules);
}

function parseEvents<Event extends EventInput>(
  value: unknown,
  schema: z.ZodType<Event>,
  check: (event: Event, field: string) => void,
): Event[] {
  const isList = Array.isArray(value);
  if (isList && (value.length < 1 || value.length > MAX_BATCH)) {
    throw new OvationError(
      "batch_size_invalid",
      `${value.length} events in the list; 1 to ${MAX_BATCH} are allowed`,
      { field: "events", limit: MAX_BATCH },
    );
  }
  const items = isList ? value : [value];
  return items.map((item: unknown, index) => {
    const field = isList ? `events[${index}]` : "";
    if (typeof item === "object" && item !== null) dropNulls(item as Record<string, unknown>);
    const parsed = schema.safeParse(item);
    if (!parsed.success) throw errorOfIssues(parsed.error, field);
    check(parsed.data, field);
    return parsed.data;
  });
}

/** Each vote of a list is judged by itself, but a list of other events is refused as a whole. */
function unmixed<Event extends EventInput>(events: Event[], { kinds }: EventRules): Event[] {
  const index = events.findIndex(({ kind }) => !kinds.isVote(kind));
  if (index < 0 || !events.some(({ kind }) => kinds.isVote(kind))) return events;
  const field = `events[${index}].kind`;
  throw new OvationError("field_invalid", `${field}: a list with a vote may hold only votes`, {
    field,
  });
}
