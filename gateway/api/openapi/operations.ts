/** What each route of the API does, takes and answers: the table behind the OpenAPI document. */
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { MAX_BATCH } from "../../../shared/protocol/events.ts";
import { HISTORY_LIMIT } from "../../../shared/protocol/wire/endpoints.ts";
import { PACE_MAX_MS } from "../../../shared/protocol/wire/pace.ts";
import type { RouteName } from "../http/routes.ts";
import type { InputName, JsonObject, OutputName } from "./schemas.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

interface QueryParameter {
  readonly name: string;
  readonly about: string;
  readonly schema: JsonObject;
  readonly isRequired?: boolean;
}

export interface Operation {
  readonly id: string;
  readonly tag: "events" | "videos" | "polls" | "moderation" | "connection";
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  readonly body?: InputName | readonly [InputName];
  readonly answer: OutputName | "stream" | "Document";
  /** What refusals carry, where it is more than the error. */
  readonly refusal?: OutputName;
  /** Answered with 202 too, when only a part is done. */
  readonly mayBePartial?: boolean;
  /** Answered with 304 to a known `ETag`. */
  readonly isTagged?: boolean;
  /** Needs no token. */
  readonly isPublic?: boolean;
  /** Its own errors; those that every request may have are in {@link commonErrors}. */
  readonly errors: readonly ErrorCode[];
}

/** Errors that any request may be answered with. */
export const commonErrors = [
  "head_ambiguous",
  "host_refused",
  "origin_refused",
  "rate_limited",
  "overloaded",
  "draining",
  "unavailable",
  "internal",
] as const satisfies readonly ErrorCode[];

/** Of requests that need a token. */
export const tokenErrors = [
  "token_required",
  "token_refused",
  "token_expired",
  "keys_unavailable",
  "forbidden",
  "banned",
] as const satisfies readonly ErrorCode[];

/** Of requests with a body. */
export const bodyErrors = [
  "body_malformed",
  "body_too_large",
  "body_timeout",
  "content_encoding_unsupported",
  "content_type_unsupported",
  "transfer_encoding_unsupported",
  "field_invalid",
] as const satisfies readonly ErrorCode[];

/** Of requests that a dispatcher carries out. */
const DISPATCHED = ["timeout", "video_ended"] as const satisfies readonly ErrorCode[];

const positive = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const moment = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

function limit(most: number): QueryParameter {
  const schema = { type: "integer", minimum: 1, maximum: most, default: 50 };
  return { name: "limit", about: "How many, at most.", schema };
}

const before: QueryParameter = {
  name: "before",
  about: "Only what has a smaller `seq`: the smallest one of the page before.",
  schema: positive,
};

function text(name: string, about: string, isRequired = false): QueryParameter {
  return { name, about, schema: { type: "string", minLength: 1 }, isRequired };
}

/** An operation of moderators on a ban; the same on a video and everywhere. */
function banOperations(suffix: string, where: string): Readonly<Record<string, Operation>> {
  const tag = "moderation";
  return {
    GET: {
      id: `getBan${suffix}`,
      tag,
      summary: `Reads an actor's ban ${where}.`,
      answer: "VideoBan",
      errors: ["ban_not_found", "moderation_unavailable"],
    },
    PUT: {
      id: `ban${suffix}`,
      tag,
      summary: `Bans an actor ${where}.`,
      body: "Ban",
      answer: "VideoBan",
      errors: ["bans_exceeded", "moderation_unavailable", "timeout"],
    },
    DELETE: {
      id: `unban${suffix}`,
      tag,
      summary: `Takes an actor's ban ${where} back.`,
      answer: "VideoBan",
      errors: ["ban_not_found", "moderation_unavailable", "timeout"],
    },
  };
}

function pages(id: string, summary: string, answer: "Bans" | "Moderation"): Operation {
  return {
    id,
    tag: "moderation",
    summary,
    query: [before, limit(100)],
    answer,
    errors: ["field_invalid", "moderation_unavailable"],
  };
}

export const OPERATIONS: Readonly<Record<RouteName, Readonly<Partial<Record<Method, Operation>>>>> =
  {
    videos: {
      GET: {
        id: "lookUpVideos",
        tag: "videos",
        summary:
          "Looks up to 100 videos up, by `ids`; without them, lists the videos that have viewers, for moderators.",
        query: [text("ids", "Ids of videos, with commas between them."), limit(100)],
        answer: "Snapshots",
        isTagged: true,
        errors: ["video_invalid", "field_invalid", "timeout"],
      },
    },
    video: {
      GET: {
        id: "lookUpVideo",
        tag: "videos",
        summary: "What there is of a video: viewers, totals, state, and where its history ends.",
        answer: "Snapshot",
        isTagged: true,
        errors: ["timeout"],
      },
      DELETE: {
        id: "eraseVideo",
        tag: "videos",
        summary: "Erases all that is kept of a video.",
        answer: "Erased",
        errors: ["history_unavailable", "state_unavailable", "votes_unavailable", "timeout"],
      },
    },
    events: {
      GET: {
        id: "streamEvents",
        tag: "events",
        summary: "A video's events as Server-Sent Events. Errors come in the stream too.",
        query: [
          {
            name: "last",
            about: "Begins with so many past events.",
            schema: { ...moment, maximum: HISTORY_LIMIT },
          },
          text("after", "Goes on after the `id:` of a message, as `epoch:seq`."),
          text("kinds", "Only these kinds, with commas between them."),
          { name: "hidden", about: "Is not counted as a viewer.", schema: { type: "boolean" } },
          {
            name: "everyMs",
            about: "Sends what happened at most so often, rounded down to one of the paces.",
            schema: { ...moment, maximum: PACE_MAX_MS },
          },
          {
            name: "wait",
            about: "Answers within so many milliseconds, as a poll.",
            schema: { ...moment, maximum: 30_000 },
          },
          text("poll", "The `next` of the poll before."),
          text("ticket", "A ticket, in place of a token."),
        ],
        answer: "stream",
        errors: [
          "not_acceptable",
          "field_invalid",
          "history_unavailable",
          "videos_exceeded",
          "connections_exceeded",
        ],
      },
      POST: {
        id: "publish",
        tag: "events",
        summary: `Publishes an event, or a list of up to ${MAX_BATCH}.`,
        body: ["Event"],
        answer: "Accepted",
        refusal: "PublishError",
        errors: [
          ...DISPATCHED,
          "kind_unknown",
          "kind_reserved",
          "event_id_invalid",
          "event_id_taken",
          "variant_invalid",
          "variant_unknown",
          "variants_exceeded",
          "data_too_large",
          "data_invalid",
          "batch_size_invalid",
          "closed_kind",
          "text_too_long",
          "emoji_only",
          "denied",
          "review_unavailable",
          "history_unavailable",
          "history_busy",
          "state_too_large",
          "state_unavailable",
          "votes_unavailable",
          "actor_required",
          "poll_unknown",
          "poll_not_open",
          "poll_closed",
          "choice_unknown",
          "already_voted",
          "poll_full",
        ],
      },
      DELETE: {
        id: "deleteActorsEvents",
        tag: "moderation",
        summary: "Deletes all durable events of an actor on a video.",
        query: [text("actor", "Whose events.", true)],
        answer: "Erased",
        errors: ["field_invalid", "history_unavailable", "timeout"],
      },
    },
    event: {
      DELETE: {
        id: "deleteEvent",
        tag: "moderation",
        summary: "Deletes a durable event; its author may, and moderators.",
        answer: "Retracted",
        errors: ["event_id_invalid", "event_not_found", "history_unavailable", "timeout"],
      },
    },
    history: {
      GET: {
        id: "readHistory",
        tag: "events",
        summary: "A page of a video's durable events, oldest first.",
        query: [
          before,
          {
            name: "to",
            about: "Only what was stored before; in milliseconds since 1970.",
            schema: moment,
          },
          {
            name: "after",
            about: "Only what has a greater `seq`: the last one of the page before.",
            schema: moment,
          },
          { name: "from", about: "Only what was stored then or later.", schema: moment },
          limit(HISTORY_LIMIT),
        ],
        answer: "History",
        errors: ["field_invalid", "history_unavailable"],
      },
    },
    totals: {
      PUT: {
        id: "setTotals",
        tag: "videos",
        summary: "Sets a video's totals, for those who come from another system.",
        body: "Totals",
        answer: "VideoTotals",
        errors: ["kind_unknown", "state_unavailable", "history_unavailable", "timeout"],
      },
    },
    timeline: {
      GET: {
        id: "readTimeline",
        tag: "videos",
        summary: "Events by kind and viewers, over time.",
        query: [
          {
            name: "from",
            about: "Milliseconds since 1970; an hour before `to` if absent.",
            schema: moment,
          },
          { name: "to", about: "Not included; now if absent.", schema: moment },
          {
            name: "step",
            about: "Milliseconds of each point.",
            schema: { type: "integer", minimum: 10_000, multipleOf: 10_000, default: 60_000 },
          },
        ],
        answer: "Timeline",
        errors: ["field_invalid", "history_unavailable"],
      },
    },
    end: {
      PUT: {
        id: "endVideo",
        tag: "videos",
        summary: "Ends a video: nothing more can be published on it.",
        answer: "Ended",
        errors: ["state_unavailable", "timeout"],
      },
    },
    poll: {
      PUT: {
        id: "putPoll",
        tag: "polls",
        summary: "Opens a poll, changes it, or ends it.",
        body: "Poll",
        answer: "ShownPoll",
        errors: [
          ...DISPATCHED,
          "poll_closed",
          "polls_exceeded",
          "state_too_large",
          "state_unavailable",
          "votes_unavailable",
        ],
      },
    },
    rules: {
      PUT: {
        id: "putRules",
        tag: "moderation",
        summary: "Replaces the rules of a video's room.",
        body: "RoomRules",
        answer: "VideoRules",
        errors: [...DISPATCHED, "kind_unknown", "state_too_large", "state_unavailable"],
      },
    },
    pin: {
      PUT: {
        id: "pin",
        tag: "moderation",
        summary: "Pins a durable event.",
        body: "Pin",
        answer: "Pinned",
        errors: [
          ...DISPATCHED,
          "event_id_invalid",
          "event_not_found",
          "history_unavailable",
          "state_too_large",
          "state_unavailable",
        ],
      },
      DELETE: {
        id: "unpin",
        tag: "moderation",
        summary: "Unpins what is pinned.",
        answer: "Unpinned",
        errors: [...DISPATCHED, "state_unavailable"],
      },
    },
    bans: { GET: pages("listBans", "The bans of a video, the one set last first.", "Bans") },
    ban: banOperations("", "on a video"),
    moderation: {
      GET: pages("readModeration", "What moderators did on a video, newest first.", "Moderation"),
    },
    bansEverywhere: {
      GET: pages("listBansEverywhere", "The bans of everywhere, the one set last first.", "Bans"),
    },
    banEverywhere: banOperations("Everywhere", "everywhere"),
    moderationEverywhere: {
      GET: pages(
        "readModerationEverywhere",
        "What was done everywhere, newest first.",
        "Moderation",
      ),
    },
    actor: {
      DELETE: {
        id: "eraseActor",
        tag: "moderation",
        summary: "Erases what an actor published, on all videos.",
        query: [text("after", "The `next` of the answer with 202.")],
        answer: "ErasedActor",
        mayBePartial: true,
        errors: [
          "field_invalid",
          "video_invalid",
          "history_unavailable",
          "state_unavailable",
          "timeout",
        ],
      },
    },
    ping: {
      GET: {
        id: "ping",
        tag: "connection",
        summary:
          "Whether a gateway answers, its limits and kinds; with a token, how long that is valid.",
        answer: "Ping",
        isPublic: true,
        errors: [],
      },
    },
    tickets: {
      POST: {
        id: "issueTicket",
        tag: "connection",
        summary: "Issues a ticket, which opens one event stream without a header.",
        answer: "Ticket",
        errors: ["tickets_exceeded", "timeout"],
      },
    },
    openapi: {
      GET: {
        id: "openapi",
        tag: "connection",
        summary: "This document.",
        answer: "Document",
        isPublic: true,
        errors: [],
      },
    },
  };
