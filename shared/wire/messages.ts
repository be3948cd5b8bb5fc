/**
 * The messages between a viewer and a gateway: the same on WebSocket (msgpack or JSON) and, from
 * the gateway, on Server-Sent Events. Written up for people in docs/protocol.md.
 */
import { z } from "zod";
import type { ErrorBody } from "../errors.ts";
import { type OvationEvent, videoSchema } from "../events.ts";
import { EVENT_ID_PATTERN } from "../names.ts";

/** WebSocket subprotocols, the SDK's default first. */
export const SUBPROTOCOLS = {
  "ovation.v1.msgpack": "msgpack",
  "ovation.v1.json": "json",
} as const;
export type Subprotocol = keyof typeof SUBPROTOCOLS;

/** Where a WebSocket connects. */
export const CONNECT_PATH = "/v1/connect";

/** The one thing that every request must carry: who is to be answered. */
export const requestIdSchema = z.int().min(1);

const connectSchema = z.object({
  op: z.literal("connect"),
  token: z.string().max(8_192).optional(),
});

/** Most events of the past that one request may ask for. */
export const HISTORY_LIMIT = 1_000;
/** A place in a video's chain; 0 is before all of it. */
export const seqSchema = z.int().min(0);
/** Names an incarnation of the history. */
export const EPOCH_PATTERN = /^[a-z0-9]{1,32}$/;

const subscribeSchema = z.object({
  op: z.literal("subscribe"),
  video: videoSchema,
  after: seqSchema.optional(),
  epoch: z.string().regex(EPOCH_PATTERN).optional(),
  last: z.int().min(0).max(HISTORY_LIMIT).optional(),
});

const unsubscribeSchema = z.object({ op: z.literal("unsubscribe"), video: videoSchema });

const publishSchema = z.object({
  op: z.literal("publish"),
  video: videoSchema,
  kind: z.string(),
  data: z.unknown().optional(),
  eventId: z.string().regex(EVENT_ID_PATTERN).optional(),
});

/** Requests by their `op`. Unknown fields are ignored, so that a newer client can talk to us. */
export const requestSchemas = {
  connect: connectSchema,
  subscribe: subscribeSchema,
  unsubscribe: unsubscribeSchema,
  publish: publishSchema,
} as const;

export type Op = keyof typeof requestSchemas;
export type Request<O extends Op> = z.output<(typeof requestSchemas)[O]>;

export function isOp(text: unknown): text is Op {
  return typeof text === "string" && Object.hasOwn(requestSchemas, text);
}

/** The answer to a request that was carried out. `id` is the request's. */
export interface ResultMessage {
  readonly op: "result";
  readonly id: number;
  /** Of `connect`: which gateway this is, for a person who looks into something. */
  readonly gateway?: string;
  /** Of `publish`: the event's id. */
  readonly eventId?: string;
  /**
   * Of `publish`: the durable event's place in the video's chain. Of `subscribe`: the place up to
   * which the chain goes now, 0 while it is empty; absent when the history can't be read.
   */
  readonly seq?: number;
  /** Of `subscribe`: the incarnation of the history that `seq` is of. */
  readonly epoch?: string;
  /** Of `subscribe` with `after`: whether all that came after it follows. */
  readonly recovered?: boolean;
  /** Where not all could be recovered: the oldest place that is kept; 0 when nothing is. */
  readonly oldest?: number;
}

/** The answer to a request that was refused; `id` is 0 when the request's own can't be known. */
export interface ErrorMessage extends ErrorBody {
  readonly op: "error";
  readonly id: number;
}

/** Exact numbers of events by kind. */
export type Counts = Readonly<Record<string, number>>;

/**
 * What happened on a video since the last such message. When `counts` is there, `events` is only a
 * part: `counts` says how many there were of each kind, those in `events` included, but for kinds of
 * class latest, of which only the newest is of interest.
 */
export interface EventsMessage {
  readonly op: "events";
  readonly video: string;
  readonly events: readonly OvationEvent[];
  readonly counts?: Counts;
}

/** The gateway is about to close the connection; come back after this time, not before. */
export interface ByeMessage {
  readonly op: "bye";
  readonly reconnectAfterMs: number;
}

/**
 * The video's history is not the one that this viewer knows: it was made anew, lost its newest
 * events, or no longer reaches back to what this viewer has missed. What comes next begins at `seq`.
 */
export interface ResetMessage {
  readonly op: "reset";
  readonly video: string;
  readonly epoch: string;
  readonly seq: number;
}

export type ServerMessage =
  | ResultMessage
  | ErrorMessage
  | EventsMessage
  | ResetMessage
  | ByeMessage;
