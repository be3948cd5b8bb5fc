/** Polls: what a moderator gives, what is stored, and what viewers are told. */
import { z } from "zod";
import { POLL_PATTERN } from "../name-patterns.ts";
import { encodeMsgpack } from "../wire/codec.ts";

export const CHOICES_LIMIT = 16;
/** Votes of one poll: more are refused. */
export const VOTES_LIMIT = 5_000_000;
/** Polls that a video's state holds; the oldest that has ended makes room for a new one. */
export const POLLS_LIMIT = 8;
/** Bytes of a poll's texts, as msgpack. */
const POLL_BYTES_LIMIT = 2_048;

const QUESTION_CHARACTERS = 300;
const CHOICE_CHARACTERS = 100;

const choiceSchema = z.string().min(1).max(CHOICE_CHARACTERS);
const timeSchema = z.number().int().min(0).max(8.64e15);

/** The body of `PUT /v1/videos/{video}/polls/{poll}`. Times are in milliseconds since 1970. */
export const pollFields = {
  question: z.string().min(1).max(QUESTION_CHARACTERS),
  choices: z.array(choiceSchema).min(2).max(CHOICES_LIMIT),
  /** By default at once. */
  opensAt: timeSchema.optional(),
  /** A time that has passed ends the poll now. */
  closesAt: timeSchema.optional(),
  /** Whether an actor's second vote replaces the first; otherwise it is refused. */
  changeable: z.boolean().default(false),
  /** Whether viewers see the votes of each choice while the poll is open. */
  results: z.enum(["live", "end"]).default("live"),
};

/** The command `poll.put`. */
export const pollPutSchema = z
  .strictObject({ poll: z.string().regex(POLL_PATTERN), ...pollFields })
  .refine(({ question, choices }) => textBytes(question, choices) <= POLL_BYTES_LIMIT, {
    path: ["choices"],
    message: `question and choices together exceed ${POLL_BYTES_LIMIT} bytes`,
  })
  .refine(({ choices }) => new Set(choices).size === choices.length, {
    path: ["choices"],
    message: "two choices are the same",
  });
/** What a poll is to be like. */
export type PollInput = Omit<z.output<typeof pollPutSchema>, "poll">;

function textBytes(question: string, choices: readonly string[]): number {
  return encodeMsgpack([question, choices]).length;
}

/** A poll as its chain stores it: every field has a value. */
const storedPollSchema = z.object({
  question: z.string(),
  choices: z.array(z.string()),
  createdAt: z.number(),
  opensAt: z.number(),
  closesAt: z.number(),
  changeable: z.boolean(),
  results: z.enum(["live", "end"]),
});
export type StoredPoll = Readonly<z.output<typeof storedPollSchema>>;

/** Undefined for what isn't a stored poll. */
export function parsePoll(value: unknown): StoredPoll | undefined {
  return storedPollSchema.safeParse(value).data;
}

/** A poll as viewers get it, in the state `polls`. */
export const shownPollSchema = storedPollSchema.extend({
  /** Whether it has ended: then `votes` are final. */
  closed: z.boolean(),
  /** Votes of all choices together. */
  total: z.number(),
  /** Votes of each choice; absent while the poll is open and its results show at the end. */
  votes: z.array(z.number()).optional(),
  /** Grows with each change. */
  seq: z.number(),
});
export type ShownPoll = Readonly<z.output<typeof shownPollSchema>>;

/** The value of the state `polls`: the video's polls by name. */
export type ShownPolls = Readonly<Record<string, ShownPoll>>;

/** Polls in a value of the state; none where it isn't one. */
export function parseShownPolls(value: unknown): ShownPolls {
  return z.record(z.string(), shownPollSchema).safeParse(value).data ?? {};
}
