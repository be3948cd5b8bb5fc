/**
 * The codec for values of the subscription table. A row holds how many viewers a gateway has for a
 * video: the number as text; where actors are counted, a space and a sketch of them follow. A lease holds a gateway's description of itself: JSON. Their keys are
 * in subjects.ts.
 */
import { z } from "zod";
import { isSketch } from "../lib/hyperloglog.ts";
import { commonSettingsSchema } from "./common-settings.ts";

/** Longer numbers may not be exact. */
const NUMBER = /^\d{1,15}$/;
const SPACE = 0x20;

/** The content of a row. */
export interface RowContent {
  readonly viewers: number;
  /** A sketch of the viewers' actors, see lib/hyperloglog.ts; undefined where they aren't counted. */
  readonly actors?: Uint8Array | undefined;
}

/** The value of a row. */
export function encodeRow({ viewers, actors }: RowContent): Buffer {
  const number = Buffer.from(String(viewers));
  return actors === undefined ? number : Buffer.concat([number, Buffer.of(SPACE), actors]);
}

/** The content of a row; undefined when its value isn't a row. */
export function decodeRow(value: Uint8Array | undefined): RowContent | undefined {
  const end = value?.indexOf(SPACE) ?? -1;
  const number = textOf(end < 0 ? value : value?.subarray(0, end));
  if (!NUMBER.test(number)) return undefined;
  const viewers = Number(number);
  // A copy: a slice would keep the whole network buffer in memory.
  const actors = end < 0 ? undefined : new Uint8Array(value?.subarray(end + 1) ?? []);
  return actors === undefined || isSketch(actors) ? { viewers, actors } : undefined;
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
  /** The revision of the kinds that it uses. */
  kinds: z.number().optional(),
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
