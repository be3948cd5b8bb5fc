/**
 * The rules of a video's room: what moderators allow those who publish there. They are the value of
 * the built-in state `rules`, so every viewer knows them; gateways enforce them.
 */
import { z } from "zod";
import { KIND_PATTERN, KINDS_LIMIT } from "../kinds.ts";

/** The longest slow mode: six hours. */
export const SLOW_MODE_LIMIT_MS = 21_600_000;
/** The longest `maxLength`. */
const LENGTH_LIMIT = 10_000;

/**
 * The body of `PUT /v1/videos/{video}/rules`, and what the command `rules.put` takes besides `by`.
 * What isn't given is not restricted.
 */
export const roomRulesFields = {
  /** The time between two durable events of an actor; 0: none. */
  slowModeMs: z.int().min(0).max(SLOW_MODE_LIMIT_MS).optional(),
  /** Kinds that only moderators may publish. */
  closed: z
    .array(z.string().regex(KIND_PATTERN))
    .max(KINDS_LIMIT)
    .refine((kinds) => new Set(kinds).size === kinds.length, { error: "names a kind twice" })
    .optional(),
  /** Characters that the text of a durable event may have. */
  maxLength: z.int().min(1).max(LENGTH_LIMIT).optional(),
  /** Whether the text of a durable event may have emoji only. */
  emojiOnly: z.boolean().optional(),
};

/** The rules as they are stored: only those that restrict something. */
export const roomRulesSchema = z.object(roomRulesFields);
export type RoomRules = Readonly<z.output<typeof roomRulesSchema>>;

/** Of a room without rules. */
export const NO_RULES: RoomRules = {};

/** Those of the rules that restrict something. */
export function effectiveRules({ slowModeMs, closed, maxLength, emojiOnly }: RoomRules): RoomRules {
  return {
    ...(slowModeMs === undefined || slowModeMs === 0 ? {} : { slowModeMs }),
    ...(closed === undefined || closed.length === 0 ? {} : { closed }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(emojiOnly === true ? { emojiOnly } : {}),
  };
}

/** The rules in a value of the state; none where it isn't one. */
export function parseRoomRules(value: unknown): RoomRules {
  return roomRulesSchema.safeParse(value).data ?? NO_RULES;
}
