/**
 * The codec for values of the subscription table. A row holds how many viewers a gateway has for a
 * video: the number as text. A lease holds a gateway's description of itself: JSON. Their keys are
 * in subjects.ts.
 */
import { z } from "zod";
import { commonSettingsSchema } from "./common-settings.ts";

/** Longer numbers may not be exact. */
const ROW = /^\d{1,15}$/;

/** The value of a row. */
export function encodeRow(viewers: number): Buffer {
  return Buffer.from(String(viewers));
}

/** The viewers in a row; undefined when its value isn't a valid number. */
export function decodeRow(value: Uint8Array | undefined): number | undefined {
  const text = textOf(value);
  return ROW.test(text) ? Number(text) : undefined;
}

const leaseSchema = z.object({
  /** Renewals so far, which makes each renewal differ from the one before. */
  renewals: z.number().optional(),
  version: z.string().optional(),
  address: z.string().optional(),
  /** ISO 8601. */
  startedAt: z.string().optional(),
  webSockets: z.number().optional(),
  eventStreams: z.number().optional(),
  videos: z.number().optional(),
  /** How many viewers the gateway admits per second. */
  connectionsPerSecond: z.number().positive().optional(),
  isDraining: z.boolean().optional(),
  settings: commonSettingsSchema.optional(),
});

/** A gateway's own description. Any field may be missing: another version may have written it. */
export type LeaseContent = z.output<typeof leaseSchema>;

/** What a gateway's lease contains, without the count of renewals. */
export type GatewayDescription = Required<Omit<LeaseContent, "renewals">>;

/** The value of a lease. */
export function encodeLease(content: Required<LeaseContent>): Buffer {
  return Buffer.from(JSON.stringify(content));
}

/** The content of a lease; undefined when its value isn't a lease. */
export function decodeLease(value: Uint8Array | undefined): LeaseContent | undefined {
  try {
    return leaseSchema.safeParse(JSON.parse(textOf(value))).data;
  } catch {
    return undefined;
  }
}

function textOf(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString();
}
