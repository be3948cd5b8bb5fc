/**
 * Commands: whatever changes a video, other than publishing and retracting. A command is one
 * request over the bus, `{op, by?, …}` in msgpack or JSON; its answer is `{result}` or `{error}`. Its
 * subject names the video, or `~` for a command that concerns no single one. `by` says who sends it:
 * a moderator's actor, or the name of an API key.
 */
import { z } from "zod";
import { isErrorCode, OvationError } from "./errors.ts";
import { actorSchema, errorOfIssues, errorReplySchema, videoSchema } from "./events.ts";
import { LIVE_LIMIT_MAX, LIVE_LIMIT_MS, LIVE_LIMITS, liveLimitsSchema } from "./live-limits.ts";
import { banPutSchema, banSchema } from "./moderation/ban.ts";
import { pinnedSchema } from "./moderation/pinned.ts";
import { roomRulesFields, roomRulesSchema } from "./moderation/room-rules.ts";
import { EVENT_ID_PATTERN } from "./names.ts";
import { NO_VIDEO } from "./subjects.ts";
import { PATTERNS_LIMIT, VIDEO_GLOB } from "./video-patterns.ts";
import { pollPutSchema, shownPollSchema } from "./votes/poll.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "./wire/codec.ts";
import { dropNulls } from "./wire/null-fields.ts";

/** Numbers in totals are exact: below 2^53. */
const totalSchema = z.int().min(0);

/** Most totals in one command: every kind, with every variant of a few. */
const TOTALS_LIMIT = 1_024;

/** Most videos in a ranking. */
export const RANK_LIMIT = 100;

/** The document of kinds, and its revision; 0 while none is stored. */
const kindsSchema = z.object({
  document: z.record(z.string(), z.unknown()),
  revision: z.number(),
});

const bySchema = actorSchema.optional();

/** What each command takes besides its `op`, what its result is, and what it is about. */
export const COMMANDS = {
  /** Sets the totals of some kinds; those that aren't named stay. */
  "totals.set": {
    about: "video",
    input: z.strictObject({
      totals: z
        .record(z.string().min(1).max(65), totalSchema)
        .refine((totals) => Object.keys(totals).length <= TOTALS_LIMIT, {
          error: `must hold at most ${TOTALS_LIMIT} totals`,
        }),
    }),
    result: z.object({ totals: z.record(z.string(), z.number()) }),
  },
  /** The kinds of the deployment. */
  "kinds.get": { about: "all", input: z.strictObject({}), result: kindsSchema },
  /** Replaces them; see kinds-document.ts. */
  "kinds.put": {
    about: "all",
    input: z.strictObject({ document: z.unknown() }),
    result: kindsSchema,
  },
  /** Changes a limit of all gateways for a time; without `perSecond`, the setting counts again. */
  "limits.put": {
    about: "all",
    input: z.strictObject({
      name: z.enum(LIVE_LIMITS),
      perSecond: z.int().min(1).max(LIVE_LIMIT_MAX).optional(),
      forMs: z.int().min(1_000).max(LIVE_LIMIT_MS),
    }),
    result: z.object({ limits: liveLimitsSchema }),
  },
  /** Erases all that is kept of a video. Answered with how many durable events there were. */
  "video.erase": {
    about: "video",
    input: z.strictObject({}),
    result: z.object({ events: z.number() }),
  },
  /** Erases what an actor published on videos after `after`: a part, as `next` says. */
  "actor.erase": {
    about: "all",
    input: z.strictObject({ actor: actorSchema, after: videoSchema.optional() }),
    result: z.object({
      events: z.number(),
      values: z.number(),
      next: z.string().optional(),
    }),
  },
  /** Ends a video: nothing is published on it any more. Answered with when it ended. */
  "video.end": {
    about: "video",
    input: z.strictObject({}),
    result: z.object({ ended: z.number() }),
  },
  /** How many viewers each of these videos has, in their order. */
  "viewers.count": {
    about: "all",
    input: z.strictObject({ videos: z.array(videoSchema).min(1).max(100) }),
    result: z.object({ viewers: z.array(z.number()) }),
  },
  /** The videos with the most viewers among those that the patterns cover, the most first. */
  "viewers.rank": {
    about: "all",
    input: z.strictObject({
      // Of a grant: those that it covers and moderates.
      videos: z.array(z.string().regex(VIDEO_GLOB)).max(2 * PATTERNS_LIMIT),
      limit: z.int().min(1).max(RANK_LIMIT),
    }),
    result: z.object({
      videos: z.array(z.object({ video: z.string(), viewers: z.number(), gateways: z.number() })),
    }),
  },
  /** Bans an actor from the video, or from everywhere. */
  "ban.put": { about: "any", input: banPutSchema, result: z.object({ ban: banSchema }) },
  /** Lets an actor in again. */
  "ban.delete": {
    about: "any",
    input: z.strictObject({ actor: actorSchema }),
    result: z.object({ ban: banSchema }),
  },
  /** Creates a poll, changes it, or ends it. */
  "poll.put": {
    about: "video",
    input: pollPutSchema,
    result: z.object({ poll: shownPollSchema }),
  },
  /** Replaces the rules of the video's room. Answered with those that restrict something. */
  "rules.put": {
    about: "video",
    input: z.strictObject(roomRulesFields),
    result: z.object({ rules: roomRulesSchema }),
  },
  /** Pins a durable event, in place of the one that is pinned. */
  "pin.put": {
    about: "video",
    input: z.strictObject({ id: z.string().regex(EVENT_ID_PATTERN) }),
    result: z.object({ pinned: pinnedSchema }),
  },
  /** Unpins what is pinned. */
  "pin.delete": { about: "video", input: z.strictObject({}), result: z.object({}) },
  /** Deletes all durable events of an actor on a video. Answered with how many there were. */
  "actor.retract": {
    about: "video",
    input: z.strictObject({ actor: actorSchema }),
    result: z.object({ events: z.number() }),
  },
} as const satisfies Record<string, CommandShape>;

interface CommandShape {
  readonly about: "video" | "all" | "any";
  readonly input: z.ZodObject;
  readonly result: z.ZodType;
}

export type CommandOp = keyof typeof COMMANDS;
export type CommandInput<Op extends CommandOp> = z.output<(typeof COMMANDS)[Op]["input"]>;
export type CommandResult<Op extends CommandOp> = z.output<(typeof COMMANDS)[Op]["result"]>;

/** A command that was parsed. */
export type Command = {
  readonly [Op in CommandOp]: {
    readonly op: Op;
    readonly input: CommandInput<Op>;
    readonly by: string | undefined;
  };
}[CommandOp];

function isOp(op: unknown): op is CommandOp {
  return typeof op === "string" && Object.hasOwn(COMMANDS, op);
}

/**
 * Parses a decoded command.
 * @param target the video of its subject, or {@link NO_VIDEO}
 * @throws OvationError op_unknown, video_invalid, or field_invalid that names the field
 */
export function parseCommand(value: unknown, target: string): Command {
  if (typeof value !== "object" || value === null || !("op" in value)) {
    throw new OvationError("field_invalid", "op: missing", { field: "op" });
  }
  const { op, by: given, ...input } = { by: undefined, ...value };
  if (!isOp(op)) throw new OvationError("op_unknown", undefined, { field: "op" });
  const shape: CommandShape = COMMANDS[op];
  const about = target === NO_VIDEO ? "all" : "video";
  if (shape.about !== "any" && shape.about !== about) {
    throw new OvationError("video_invalid", undefined, { field: "video" });
  }
  const by = bySchema.safeParse(given ?? undefined);
  if (!by.success) throw errorOfIssues(by.error, "by");
  return { op, input: parseCommandInput(op, input), by: by.data } as Command;
}

/** Parses what a command takes besides its `op`. @throws OvationError field_invalid */
export function parseCommandInput<Op extends CommandOp>(op: Op, value: unknown): CommandInput<Op> {
  if (typeof value === "object" && value !== null) dropNulls(value as Record<string, unknown>);
  const parsed = COMMANDS[op].input.safeParse(value);
  if (!parsed.success) throw errorOfIssues(parsed.error);
  return parsed.data as CommandInput<Op>;
}

/** The request of a gateway. @param by who sends the command, if that is known */
export function encodeCommand<Op extends CommandOp>(
  op: Op,
  input: CommandInput<Op>,
  by?: string,
): Buffer {
  return encodeMsgpack({ op, ...(by === undefined ? {} : { by }), ...input });
}

/**
 * The result in a dispatcher's answer.
 * @throws OvationError the answer's error, or internal for an answer that isn't ours
 */
export function resultOf<Op extends CommandOp>(op: Op, answer: Uint8Array): CommandResult<Op> {
  const value = decodeTrustedMsgpack(answer);
  const refused = errorReplySchema.safeParse(value);
  if (refused.success) {
    const { code, message, ...detail } = refused.data.error;
    throw new OvationError(isErrorCode(code) ? code : "internal", message, detail);
  }
  const parsed = z.object({ result: COMMANDS[op].result }).safeParse(value);
  if (!parsed.success) throw new OvationError("internal", undefined, { cause: parsed.error });
  return parsed.data.result as CommandResult<Op>;
}
