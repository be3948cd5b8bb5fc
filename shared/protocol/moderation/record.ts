/**
 * The record of what moderators did: one message of the stream for each act, linked like a chain,
 * so that it can be read backwards.
 */
import { z } from "zod";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";

/** What a moderator did, as its subject says on which video. */
export const actFields = {
  /** What was done: the command, such as `ban.put`. */
  act: z.string(),
  /** Who did it: an actor, or the name of an API key; absent when nobody is known. */
  by: z.string().optional(),
  /** What it was done to: an actor, an event's id, a poll. */
  target: z.string().optional(),
  why: z.string().optional(),
  /** What else there is to say of it. */
  detail: z.record(z.string(), z.unknown()).optional(),
};

const recordSchema = z.object({
  ...actFields,
  /** When it was done, in milliseconds since 1970. */
  atMs: z.number(),
  /** The sequence of the record before it; 0 for the first one. */
  prev: z.int().min(0),
});

export type ModerationRecord = z.output<typeof recordSchema>;
export type ModerationAct = Omit<ModerationRecord, "atMs" | "prev">;

export function encodeModerationRecord(record: ModerationRecord): Buffer {
  return encodeMsgpack(record);
}

/** Undefined for bytes that aren't a record. */
export function decodeModerationRecord(bytes: Uint8Array): ModerationRecord | undefined {
  try {
    return recordSchema.safeParse(decodeTrustedMsgpack(bytes)).data;
  } catch {
    return undefined;
  }
}
