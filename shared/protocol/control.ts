/**
 * What an operator asks of one gateway over NATS: who is connected, to disconnect them, to drain. Only
 * the NATS user `admin` may. Requests and answers are MessagePack.
 */
import { z } from "zod";
import { actorSchema } from "./events.ts";
import { decode, encodeMsgpack } from "./wire/codec.ts";
import { MalformedError } from "./wire/msgpack-guard.ts";

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
  return parsed(requestSchema, bytes);
}

export function encodeControlAnswer(answer: ControlAnswer): Uint8Array {
  return encodeMsgpack(answer);
}

/** Undefined for bytes that aren't such an answer. */
export function decodeControlAnswer(bytes: Uint8Array): ControlAnswer | undefined {
  return parsed(answerSchema, bytes);
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  try {
    return schema.safeParse(decode("msgpack", bytes)).data;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
