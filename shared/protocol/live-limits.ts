/**
 * Limits that were changed while everything runs, each until a time: one document beside that of the
 * kinds, which every gateway follows.
 */
import { z } from "zod";
import { decodeTrustedMsgpack, encodeMsgpack } from "./wire/codec.ts";

/** The settings of gateways that may be changed so, by their keys. */
export const LIVE_LIMITS = [
  "requestsPerSecond",
  "connectionPublishesPerSecond",
  "actorPublishesPerSecond",
  "addressPublishesPerSecond",
  "likesPerSecond",
  "httpPublishesPerSecond",
  "deletesPerSecond",
  "commandsPerSecond",
  "historyReadsPerSecond",
  "connectionsPerSecond",
  "httpRequestsPerSecond",
  "clientMessagesPerSecond",
  "requestBytesPerSecond",
  "historyBytesPerSecond",
] as const;
export type LiveLimitName = (typeof LIVE_LIMITS)[number];

/** The largest value that any of them may have. */
export const LIVE_LIMIT_MAX = 1_000_000_000;
/** The longest time for which one may be changed: a week. */
export const LIVE_LIMIT_MS = 604_800_000;

const liveLimitSchema = z.object({
  name: z.enum(LIVE_LIMITS),
  perSecond: z.int().min(1).max(LIVE_LIMIT_MAX),
  /** When the setting counts again, in milliseconds since 1970. */
  untilMs: z.number(),
  /** Who changed it, if that is known. */
  by: z.string().optional(),
});
export const liveLimitsSchema = z.array(liveLimitSchema).max(LIVE_LIMITS.length);
export type LiveLimit = z.infer<typeof liveLimitSchema>;

export function encodeLiveLimits(limits: readonly LiveLimit[]): Uint8Array {
  return encodeMsgpack(limits);
}

/** So many are read; a newer version may know more limits than this one. */
const READ_AT_MOST = 100;
const documentSchema = z.array(z.unknown()).max(READ_AT_MOST);

/** Those that this version knows; none for bytes that aren't such a document. */
export function decodeLiveLimits(bytes: Uint8Array | undefined): readonly LiveLimit[] {
  if (bytes === undefined) return [];
  const entries = documentSchema.safeParse(decodeTrustedMsgpack(bytes)).data ?? [];
  return entries.flatMap((entry) => liveLimitSchema.safeParse(entry).data ?? []);
}
