/** The JSON Schemas of the OpenAPI document: from the schemas that check requests and answers. */
import { z } from "zod";
import { COMMANDS } from "../../../shared/protocol/commands.ts";
import { type ErrorCode, errorKinds } from "../../../shared/protocol/errors.ts";
import { eventSchema } from "../../../shared/protocol/event-schema.ts";
import { errorBodySchema, eventInputSchema } from "../../../shared/protocol/events.ts";
import { DELIVERY_CLASSES, KIND_PATTERN } from "../../../shared/protocol/kinds.ts";
import { banFields, banSchema } from "../../../shared/protocol/moderation/ban.ts";
import { pinnedSchema } from "../../../shared/protocol/moderation/pinned.ts";
import { actFields } from "../../../shared/protocol/moderation/record.ts";
import { roomRulesSchema } from "../../../shared/protocol/moderation/room-rules.ts";
import { pollFields, shownPollSchema } from "../../../shared/protocol/votes/poll.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

const video = z.string();
const moment = z.number().meta({ description: "Milliseconds since 1970." });
const counts = z.record(z.string(), z.number());
const state = z.record(z.string(), z.unknown());
const place = { video: video.optional() };
const codes = Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]];
const errorBody = errorBodySchema.extend({ code: z.enum(codes), eventId: z.string().optional() });
/** Of a whole request: with the id that the header `X-Request-Id` has too. */
const answeredError = errorBody.extend({ requestId: z.string() });

const snapshot = z.object({
  video,
  viewers: z.number(),
  totals: counts.optional(),
  state: state.optional(),
  history: z.object({ seq: z.number(), epoch: z.string() }).optional(),
});

const accepted = {
  accepted: z.array(z.string().nullable()),
  seqs: z.array(z.number().nullable()).optional(),
  refused: z.array(errorBody.extend({ index: z.number() })).optional(),
};

const ban = banSchema.extend(place);

/** What requests carry. */
const INPUTS = {
  Event: eventInputSchema.extend({
    kind: z
      .string()
      .regex(KIND_PATTERN)
      .meta({ examples: ["like", "comment"] }),
    // The pattern is not one that every tool can read.
    actor: z
      .string()
      .min(1)
      .max(128)
      .meta({ description: "Without control characters." })
      .optional(),
  }),
  Ban: z.strictObject(banFields),
  RoomRules: COMMANDS["rules.put"].input,
  Pin: COMMANDS["pin.put"].input,
  Poll: z.strictObject(pollFields),
  Totals: COMMANDS["totals.set"].input,
} as const;

/** What answers carry. */
const OUTPUTS = {
  Error: z.object({ error: answeredError }),
  Accepted: z.object(accepted),
  /** Events accepted before the failure stay accepted. */
  PublishError: z.object({
    error: answeredError,
    ...accepted,
    accepted: accepted.accepted.optional(),
    eventIds: z.array(z.string().nullable()).optional(),
  }),
  History: z.object({
    epoch: z.string(),
    events: z.array(eventSchema.required({ seq: true, prev: true })),
    more: z.boolean(),
    recovered: z.boolean().optional(),
    oldest: z.number().optional(),
  }),
  Snapshot: snapshot,
  Snapshots: z.object({
    videos: z.array(
      z.union([snapshot, z.object({ video, viewers: z.number(), gateways: z.number() })]),
    ),
  }),
  Timeline: z.object({
    video,
    from: moment,
    to: moment,
    step: z.number(),
    points: z.array(z.object({ at: moment, counts, viewers: z.number().nullable() })),
  }),
  VideoTotals: z.object({ video, totals: counts }),
  Ended: z.object({ video, ended: moment }),
  ShownPoll: shownPollSchema.extend({ video, poll: z.string() }),
  VideoRules: z.object({ video, rules: roomRulesSchema }),
  Pinned: z.object({ video, pinned: pinnedSchema }),
  Unpinned: z.object({ video }),
  VideoBan: ban,
  Bans: z.object({ ...place, bans: z.array(banSchema.extend({ seq: z.number() })) }),
  Moderation: z.object({
    ...place,
    acts: z.array(z.object({ ...actFields, seq: z.number(), atMs: moment })),
  }),
  Retracted: z.object({ retracted: z.string(), seq: z.number() }),
  Erased: z.object({ video, events: z.number() }),
  ErasedActor: z.object({
    actor: z.string(),
    events: z.number(),
    values: z.number(),
    next: z.string().optional(),
  }),
  Ping: z.object({
    protocol: z.string(),
    limits: z.object({ dataBytes: z.number(), messageBytes: z.number() }),
    kinds: z.record(z.string(), z.enum(DELIVERY_CLASSES as ["transient"])),
    expiresInMs: z.number().optional(),
  }),
  Ticket: z.object({ ticket: z.string(), expiresInMs: z.number() }),
} as const;

export type InputName = keyof typeof INPUTS;
export type OutputName = keyof typeof OUTPUTS;

/** @param io what may be sent, or what is received */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return rest;
}

/** `components.schemas` of the document. */
export function schemaComponents(): Readonly<Record<string, JsonObject>> {
  const inputs = Object.entries(INPUTS).map(([name, schema]) => [
    name,
    jsonSchema(schema, "input"),
  ]);
  const outputs = Object.entries(OUTPUTS).map(([name, schema]) => [
    name,
    jsonSchema(schema, "output"),
  ]);
  return Object.fromEntries([...inputs, ...outputs]) as Record<string, JsonObject>;
}

export function refTo(name: InputName | OutputName): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
