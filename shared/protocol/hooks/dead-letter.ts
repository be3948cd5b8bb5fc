/** A webhook that could not be delivered, as it is kept: gzipped JSON. */
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

const deadLetterSchema = z.object({
  webhookId: z.string(),
  endpoint: z.string(),
  /** When it was first sent, and when it was given up, in milliseconds since 1970. */
  since: z.number(),
  at: z.number(),
  /** Why the last attempt failed. */
  fault: z.string(),
  events: z.number(),
  /** Whether its events are without their data, since NATS takes no message so large. */
  isCut: z.boolean().optional(),
  /** What was sent, or a part of that; the webhook id of a part ends in `.1` or `.2`. */
  body: z.string(),
});
export type DeadLetter = Readonly<z.output<typeof deadLetterSchema>>;

/** Far more than a batch has, so that a message that somebody else wrote can't fill the memory. */
const LIMIT_BYTES = 67_108_864;

export function encodeDeadLetter(letter: DeadLetter): Buffer {
  return gzipSync(JSON.stringify(letter));
}

/** The inverse of {@link encodeDeadLetter}; undefined for a payload that isn't ours. */
export function decodeDeadLetter(payload: Uint8Array): DeadLetter | undefined {
  try {
    const text = gunzipSync(payload, { maxOutputLength: LIMIT_BYTES }).toString();
    return deadLetterSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
