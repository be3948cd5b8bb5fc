/**
 * The messages between a viewer and a gateway: the same on WebSocket (msgpack or JSON) and, from
 * the gateway, on Server-Sent Events. docs/protocol.md documents them. What a browser needs of them
 * is in files of its own.
 */
import { z } from "zod";
import { actorSchema, videoSchema } from "../events.ts";
import { EVENT_ID_PATTERN } from "../names.ts";
import { HISTORY_LIMIT } from "./endpoints.ts";
import { PACE_MAX_MS } from "./pace.ts";
import { reportSchema } from "./viewer-report.ts";

export {
  CONNECT_PATH,
  HISTORY_LIMIT,
  SUBPROTOCOLS,
  type Subprotocol,
  TICKETS_PATH,
} from "./endpoints.ts";
export type {
  Counts,
  DeploymentRules,
  LiveMessage,
  PollMessage,
  ReportTerms,
  ResetMessage,
  ResultMessage,
  ServerMessage,
  StaleMessage,
} from "./server-messages.ts";

/** The one field that every request must have: its answer carries the same id. */
export const requestIdSchema = z.int().min(1);

const connectSchema = z.object({
  op: z.literal("connect"),
  token: z.string().max(8_192).optional(),
});

/** Sends a new token, which replaces the connection's current one. */
const refreshSchema = z.object({ op: z.literal("refresh"), token: z.string().max(8_192) });

/** A seq in a video's chain; 0 is before all of it. */
const seqSchema = z.int().min(0);
/** Identifies an incarnation of the history. */
const EPOCH_PATTERN = /^[a-z0-9]{1,32}$/;

/** How many kinds a filter names at most: more than a deployment can have. */
export const FILTER_KINDS_LIMIT = 64;

const subscribeSchema = z.object({
  op: z.literal("subscribe"),
  video: videoSchema,
  kinds: z.array(z.string()).min(1).max(FILTER_KINDS_LIMIT).optional(),
  hidden: z.boolean().optional(),
  after: seqSchema.optional(),
  epoch: z.string().regex(EPOCH_PATTERN).optional(),
  last: z.int().min(0).max(HISTORY_LIMIT).optional(),
});

const unsubscribeSchema = z.object({ op: z.literal("unsubscribe"), video: videoSchema });

const publishSchema = z.object({
  op: z.literal("publish"),
  video: videoSchema,
  kind: z.string(),
  actor: actorSchema.optional(),
  data: z.unknown().optional(),
  eventId: z.string().regex(EVENT_ID_PATTERN).optional(),
});

/** Asks for slower frames on this connection, or for as many as there are again, by 0. */
const paceSchema = z.object({ op: z.literal("pace"), everyMs: z.int().min(0).max(PACE_MAX_MS) });

/** Only asks for an answer: a browser can't see the WebSocket's own pings, nor our clock. */
const pingSchema = z.object({ op: z.literal("ping") });

/** Requests by their `op`. Unknown fields are ignored, so that a newer client can talk to us. */
export const requestSchemas = {
  connect: connectSchema,
  refresh: refreshSchema,
  subscribe: subscribeSchema,
  unsubscribe: unsubscribeSchema,
  publish: publishSchema,
  pace: paceSchema,
  ping: pingSchema,
  report: reportSchema,
} as const;

export type Op = keyof typeof requestSchemas;
export type Request<O extends Op> = z.output<(typeof requestSchemas)[O]>;

export function isOp(text: unknown): text is Op {
  return typeof text === "string" && Object.hasOwn(requestSchemas, text);
}
