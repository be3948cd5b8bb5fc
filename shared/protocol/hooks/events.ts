/**
 * What `ovation hooks` sends to endpoints: the schemas from which docs/webhook-events.schema.json is
 * made. A change that receivers must know of raises the `version` of its event; fields may be added
 * without.
 */
import { z } from "zod";
import { BAN_MODES } from "../moderation/ban.ts";

const timeSchema = z.number().meta({ description: "Milliseconds since 1970." });

const about = {
  version: z.literal(1),
  id: z.string().meta({ description: "The same whenever this event is delivered." }),
  at: timeSchema,
};
const ofVideo = { ...about, video: z.string() };
const by = z
  .string()
  .optional()
  .meta({ description: "Who did it: an actor, or the name of an API key." });

const storedSchema = z.object({
  ...ofVideo,
  type: z.literal("comment.stored"),
  data: z.object({
    id: z.string(),
    kind: z.string().meta({ description: "Any durable kind, such as `comment`." }),
    seq: z.number(),
    epoch: z
      .string()
      .meta({ description: "The incarnation of the history that `seq` belongs to." }),
    actor: z.string().optional(),
    data: z.unknown().optional(),
  }),
});

const deletedSchema = z.object({
  ...ofVideo,
  type: z.literal("comment.deleted"),
  data: z.object({
    id: z.string().meta({ description: "Of the deleted comment, as its `seq`." }),
    seq: z.number(),
    epoch: z.string(),
  }),
});

const occupiedSchema = z.object({
  ...ofVideo,
  type: z.literal("video.occupied"),
  data: z.object({}),
});

const vacatedSchema = z.object({
  ...ofVideo,
  type: z.literal("video.vacated"),
  data: z.object({}),
});

const endedSchema = z.object({
  ...ofVideo,
  type: z.literal("video.ended"),
  data: z.object({ by }),
});

const stateSchema = z.object({
  ...ofVideo,
  type: z.literal("state.changed"),
  data: z.object({
    revision: z.number().meta({ description: "Rises with each change of the video's state." }),
    state: z.record(z.string(), z.object({ at: timeSchema, data: z.unknown().optional() })).meta({
      description: "All of it, by name, without polls. A name that was removed is absent.",
    }),
  }),
});

const pollSchema = z.object({
  ...ofVideo,
  type: z.literal("poll.closed"),
  data: z.object({
    poll: z.string(),
    question: z.string(),
    choices: z.array(z.string()),
    votes: z.array(z.number()).meta({ description: "Of each choice." }),
    total: z.number(),
  }),
});

const everywhere = {
  ...about,
  video: z.string().nullable().meta({ description: "Null: everywhere." }),
};

const bannedSchema = z.object({
  ...everywhere,
  type: z.literal("actor.banned"),
  data: z.object({
    actor: z.string(),
    mode: z.enum(BAN_MODES),
    untilMs: z.number().nullable().meta({ description: "When the ban ends; null: never." }),
    reason: z.string().optional(),
    by,
  }),
});

const unbannedSchema = z.object({
  ...everywhere,
  type: z.literal("actor.unbanned"),
  data: z.object({ actor: z.string(), by }),
});

const hookEventSchema = z.discriminatedUnion("type", [
  storedSchema,
  deletedSchema,
  occupiedSchema,
  vacatedSchema,
  endedSchema,
  stateSchema,
  pollSchema,
  bannedSchema,
  unbannedSchema,
]);
export type HookEvent = Readonly<z.output<typeof hookEventSchema>>;
export type HookEventType = HookEvent["type"];

export const HOOK_EVENT_TYPES: readonly HookEventType[] = hookEventSchema.options.map(
  ({ shape }) => shape.type.value,
);

/** The body of a webhook. */
export const hookBodySchema = z.object({
  type: z.literal("events"),
  version: z.literal(1),
  timestamp: z.iso.datetime().meta({ description: "Of the newest event in it." }),
  data: z.object({ events: z.array(hookEventSchema).min(1) }),
});

/**
 * The body of a webhook with these events.
 * @param events each as JSON; at least one
 * @param at the newest one's time
 */
export function hookBody(events: readonly string[], at: number): Buffer {
  const head = `{"type":"events","version":1,"timestamp":${JSON.stringify(isoTime(at))}`;
  return Buffer.from(`${head},"data":{"events":[${events.join(",")}]}}`);
}

/** Ids and times come from clients too: some are beyond what a date can be. */
function isoTime(at: number): string {
  const date = new Date(at);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}
