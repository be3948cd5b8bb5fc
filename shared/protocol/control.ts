/**
 * What an operator asks of one gateway over NATS: who is connected, to disconnect them, to drain. Only
 * the NATS user `admin` may. Requests and answers are MessagePack.
 */
import { z } from "zod";
import { actorSchema } from "./events.ts";
import { encodeMsgpack } from "./wire/codec.ts";
import { decodeAs } from "./wire/decode-as.ts";

/** Connections in one answer. */
export const CONNECTIONS_LIMIT = 100;

/** Who asks: a user of a machine, for the log. */
const by = z.string().min(1).max(128);
const requestSchema = z.discriminatedUnion("op", [
  z.object({ op: z.literal("who"), by, actor: actorSchema }),
  z.object({
    op: z.literal("disconnect"),
    by,
    actor: actorSchema.optional(),
    connection: z.string().max(64).optional(),
  }),
  z.object({ op: z.literal("drain"), by }),
]);

const connectionSchema = z.object({
  /** Names it for `disconnect`, as long as it is open. */
  connection: z.string(),
  wire: z.string(),
  /** Some of the videos that it watches. */
  videos: z.array(z.string()),
  /** For how long it has been open, in seconds. */
  openS: z.number(),
});
const answerSchema = z.object({
  /** How many there are, or how many were disconnected. */
  count: z.number(),
  connections: z.array(connectionSchema),
});

export type ControlRequest = z.infer<typeof requestSchema>;
export type ControlAnswer = z.infer<typeof answerSchema>;
export type ListedConnection = z.infer<typeof connectionSchema>;

export function encodeControlRequest(request: ControlRequest): Uint8Array {
  return encodeMsgpack(request);
}

/** Undefined for bytes that aren't such a request. */
export function decodeControlRequest(bytes: Uint8Array): ControlRequest | undefined {
  return decodeAs(requestSchema, bytes);
}

export function encodeControlAnswer(answer: ControlAnswer): Uint8Array {
  return encodeMsgpack(answer);
}

/** Undefined for bytes that aren't such an answer. */
export function decodeControlAnswer(bytes: Uint8Array): ControlAnswer | undefined {
  return decodeAs(answerSchema, bytes);
}
