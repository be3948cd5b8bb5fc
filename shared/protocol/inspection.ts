/**
 * A gateway's own state, for comparison with the subscription table: which videos it holds, and with
 * how many viewers in their rows, page by page in the order of their ids.
 */
import { z } from "zod";
import { isVideoId } from "./names.ts";
import { encodeMsgpack } from "./wire/codec.ts";
import { decodeAs } from "./wire/decode-as.ts";

/** Videos on one page: far below NATS's limit of a message. */
export const PAGE_VIDEOS = 2_000;

const video = z.string().refine(isVideoId);
const requestSchema = z.object({ after: video.optional() });
const pageSchema = z.object({
  videos: z.array(z.tuple([video, z.int().nonnegative()])),
  /** Those of them whose rows could not be written yet, while dispatchers were told of them. */
  announced: z.array(video).optional(),
  isLast: z.boolean(),
});

/** Requests the videos after this one, or the first ones. */
export type InspectionRequest = z.infer<typeof requestSchema>;
/** Videos with the number of viewers that the row of each should have. */
export type InspectionPage = z.infer<typeof pageSchema>;

export function encodeInspectionRequest(request: InspectionRequest): Uint8Array {
  return encodeMsgpack(request);
}

/** Undefined for bytes that aren't such a request. */
export function decodeInspectionRequest(bytes: Uint8Array): InspectionRequest | undefined {
  return decodeAs(requestSchema, bytes);
}

export function encodeInspectionPage(page: InspectionPage): Uint8Array {
  return encodeMsgpack(page);
}

/** Undefined for bytes that aren't such a page. */
export function decodeInspectionPage(bytes: Uint8Array): InspectionPage | undefined {
  return decodeAs(pageSchema, bytes);
}
