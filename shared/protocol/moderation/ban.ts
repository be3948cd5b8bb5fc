/** A ban: what an actor may not do, on a video or everywhere, and until when. */
import { hash } from "node:crypto";
import { z } from "zod";
import { actorSchema } from "../events.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";

/**
 * - `mute`: may watch, but not publish.
 * - `ban`: may not watch either.
 * - `shadow`: what it publishes is accepted, but only it sees that.
 */
export const BAN_MODES = ["mute", "ban", "shadow"] as const;
export type BanMode = (typeof BAN_MODES)[number];

/** The longest ban that ends: ten years. */
export const BAN_LIMIT_MS = 315_360_000_000;
/** Characters of a reason, in UTF-16 units. */
const REASON_LIMIT = 500;
/** Characters of an actor's hash: 96 bits, so that nobody finds an actor whose bans another has. */
const HASH_CHARACTERS = 16;

const reasonSchema = z.string().max(REASON_LIMIT);

/** The body of `PUT …/bans/{actor}`. Without an end, the ban lasts until it is taken back. */
export const banFields = {
  mode: z.enum(BAN_MODES),
  /** How long it lasts. */
  forMs: z.int().min(1).max(BAN_LIMIT_MS).optional(),
  /** When it ends, in milliseconds since 1970. */
  untilMs: z.int().min(0).optional(),
  reason: reasonSchema.optional(),
};

/** What the command `ban.put` takes. */
export const banPutSchema = z
  .strictObject({ actor: actorSchema, ...banFields })
  .refine(({ forMs, untilMs }) => forMs === undefined || untilMs === undefined, {
    error: "may not be given with forMs",
    path: ["untilMs"],
  });
export type BanInput = z.output<typeof banPutSchema>;

/** A ban as it is stored, and as moderators get it. */
export const banSchema = z.object({
  actor: z.string(),
  mode: z.enum(BAN_MODES),
  /** When it ends, in milliseconds since 1970; null: never. */
  untilMs: z.number().nullable(),
  reason: z.string().optional(),
  /** Who banned: a moderator's actor, or the name of an API key. */
  by: z.string().optional(),
  /** When it was set, in milliseconds since 1970. */
  atMs: z.number(),
});
export type Ban = z.output<typeof banSchema>;

export function encodeBan(ban: Ban): Buffer {
  return encodeMsgpack(ban);
}

/** Undefined for bytes that aren't a ban. */
export function decodeBan(bytes: Uint8Array): Ban | undefined {
  try {
    return banSchema.safeParse(decodeTrustedMsgpack(bytes)).data;
  } catch {
    return undefined;
  }
}

/** What an actor is known by in keys: no actor is legible in a subject, and all take as much. */
export function hashOfActor(actor: string): string {
  return hash("sha256", actor, "base64url").slice(0, HASH_CHARACTERS);
}
