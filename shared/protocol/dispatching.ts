/** What dispatchers tell each other, once a second and when it changes: which partitions each serves. */
import { z } from "zod";
import { PARTITIONS_LIMIT } from "./partitions.ts";
import { encodeMsgpack } from "./wire/codec.ts";
import { decodeAs } from "./wire/decode-as.ts";

/** Each partition's number. */
export const servedSchema = z.array(z.number().int().min(0)).max(PARTITIONS_LIMIT);

const noticeSchema = z.object({
  /** How many partitions there are. */
  partitions: z.number().int(),
  /** Those that it serves now. */
  serves: servedSchema,
  /** It is about to stop: others should serve them. */
  isLeaving: z.boolean(),
});

export type DispatchingNotice = z.output<typeof noticeSchema>;

export function encodeDispatchingNotice(notice: DispatchingNotice): Uint8Array {
  return encodeMsgpack(notice);
}

/** Undefined for bytes that aren't a notice. */
export function decodeDispatchingNotice(bytes: Uint8Array): DispatchingNotice | undefined {
  return decodeAs(noticeSchema, bytes);
}
