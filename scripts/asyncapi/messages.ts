/** The messages of the AsyncAPI document, from the schemas that check them. */
import { z } from "zod";
import { COMMANDS, type CommandOp } from "../../shared/protocol/commands.ts";
import {
  actorSchema,
  errorReplySchema,
  eventInputSchema,
  MAX_BATCH,
  publishReplySchema,
  retractRequestSchema,
} from "../../shared/protocol/events.ts";
import { recordMessageSchema } from "../../shared/protocol/history/record-schema.ts";
import { answerSchema, reviewRequestSchema } from "../../shared/protocol/moderation/review.ts";
import { requestIdSchema, requestSchemas } from "../../shared/protocol/wire/messages.ts";
import { serverSchemas } from "../../shared/protocol/wire/server-schemas.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Message {
  readonly name: string;
  readonly summary: string;
  readonly contentType?: string;
  readonly payload: JsonObject;
}

function message(
  name: string,
  summary: string,
  schema: z.ZodType,
  io: "input" | "output",
): Message {
  const { $schema: _draft, ...payload } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return { name, summary, payload };
}

const REQUESTS: Readonly<Record<keyof typeof requestSchemas, string>> = {
  connect: "The first request: says who this is.",
  refresh: "Replaces the token.",
  subscribe: "Watches a video, from a position in its history if wanted.",
  unsubscribe: "Stops watching a video.",
  publish: "Publishes an event.",
  pace: "Asks for frames that are further apart, such as on a hidden page.",
  ping: "Only asks for an answer.",
  report: "What reached this viewer, in numbers; only where the gateway asked for it.",
};

const ANSWERS: Readonly<Record<keyof typeof serverSchemas, string>> = {
  result: "The answer to a request that was carried out.",
  error: "The answer to a request that was refused.",
  events: "What happened on a video since the last such message.",
  reset: "The history is not the one that this viewer knows.",
  unsubscribed: "The video is no longer watched.",
  refresh: "The token has expired: send a new one.",
  stale: "The gateway is cut off: nothing new arrives.",
  live: "The gateway is no longer cut off.",
  bye: "The connection is about to be closed: reconnect after this time.",
  poll: "Over Server-Sent Events: how the next poll continues.",
};

/** What a viewer sends over a WebSocket. */
export const viewerMessages: readonly Message[] = Object.entries(requestSchemas).map(
  ([op, schema]) =>
    message(
      `${op}Request`,
      REQUESTS[op as keyof typeof requestSchemas],
      z.object({ ...schema.shape, id: requestIdSchema }),
      "input",
    ),
);

/** What a gateway sends over a WebSocket. */
export const gatewayMessages: readonly Message[] = Object.entries(serverSchemas)
  .filter(([op]) => op !== "poll")
  .map(([op, schema]) => message(op, ANSWERS[op as keyof typeof serverSchemas], schema, "output"));

const commandSchema = z.union(
  (Object.keys(COMMANDS) as CommandOp[]).map((op) =>
    z.object({ op: z.literal(op), by: actorSchema.optional(), ...COMMANDS[op].input.shape }),
  ),
);

/** What was stored, told to those who read the history; AsyncAPI's tuples are those of draft 7. */
export const storedRecord: Message = {
  name: "storedRecord",
  summary:
    "A message of the stream ov_history, its msgpack decoded, and that of the events in it: docs/records.md.",
  contentType: "application/msgpack",
  payload: withoutDraft(
    z.toJSONSchema(recordMessageSchema, { target: "draft-7", unrepresentable: "any" }),
  ),
};

function withoutDraft({ $schema: _draft, ...payload }: JsonObject): JsonObject {
  return payload;
}

/** What services send and get over NATS, by the channel. */
export const serviceMessages = {
  publish: {
    request: message(
      "publishRequest",
      `An event, or a list of up to ${MAX_BATCH}.`,
      z.union([eventInputSchema, z.array(eventInputSchema).min(1).max(MAX_BATCH)]),
      "input",
    ),
    reply: message(
      "publishReply",
      "Ids and places, or why it is refused.",
      publishReplySchema,
      "output",
    ),
  },
  retract: {
    request: message("retractRequest", "Deletes a durable event.", retractRequestSchema, "input"),
    reply: message(
      "retractReply",
      "The place of the event that says so, or why it is refused.",
      z.union([z.object({ retracted: z.string(), seq: z.number() }), errorReplySchema]),
      "output",
    ),
  },
  command: {
    request: message("commandRequest", "A command, by its `op`.", commandSchema, "input"),
    reply: message(
      "commandReply",
      "What the command answers, or why it is refused.",
      z.union([z.object({ result: z.unknown() }), errorReplySchema]),
      "output",
    ),
  },
  review: {
    request: message("reviewRequest", "Events to judge.", reviewRequestSchema, "output"),
    reply: message("verdicts", "A verdict on each, in their order.", answerSchema, "input"),
  },
} as const;
