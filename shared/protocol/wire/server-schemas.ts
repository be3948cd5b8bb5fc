/**
 * The messages that a gateway sends, as schemas: for the description of the protocol, and for tests.
 * Gateways and clients use the types in server-messages.ts.
 */
import { z } from "zod";
import { eventSchema } from "../event-schema.ts";
import { errorBodySchema, videoSchema } from "../events.ts";
import { DELIVERY_CLASSES } from "../kinds.ts";
import type { ServerMessage } from "./server-messages.ts";

const counts = z.record(z.string(), z.number());
const idSchema = z.int().min(0).meta({ description: "The request's; 0 when that is not known." });

export const serverSchemas = {
  result: z.object({
    op: z.literal("result"),
    id: idSchema,
    gateway: z.string().optional(),
    limits: z.object({ dataBytes: z.number(), messageBytes: z.number() }).optional(),
    kinds: z.record(z.string(), z.enum(DELIVERY_CLASSES as ["transient"])).optional(),
    report: z.object({ everyMs: z.number(), boundsMs: z.array(z.number()) }).optional(),
    now: z.number().optional(),
    expiresInMs: z.number().optional(),
    everyMs: z.number().optional(),
    eventId: z.string().optional(),
    seq: z.number().optional(),
    epoch: z.string().optional(),
    recovered: z.boolean().optional(),
    state: z.record(z.string(), z.unknown()).optional(),
    oldest: z.number().optional(),
    totals: counts.optional(),
  }),
  error: errorBodySchema.extend({ op: z.literal("error"), id: idSchema }),
  events: z.object({
    op: z.literal("events"),
    video: videoSchema,
    events: z.array(eventSchema),
    counts: counts.optional(),
  }),
  reset: z.object({
    op: z.literal("reset"),
    video: videoSchema,
    epoch: z.string(),
    seq: z.number(),
  }),
  unsubscribed: errorBodySchema.extend({ op: z.literal("unsubscribed"), video: videoSchema }),
  refresh: z.object({ op: z.literal("refresh"), withinMs: z.number() }),
  stale: z.object({ op: z.literal("stale"), forMs: z.number() }),
  live: z.object({ op: z.literal("live") }),
  bye: z.object({ op: z.literal("bye"), reconnectAfterMs: z.number() }),
  poll: z.object({ op: z.literal("poll"), next: z.string() }),
} as const satisfies { readonly [Name in ServerMessage["op"]]: z.ZodType };
