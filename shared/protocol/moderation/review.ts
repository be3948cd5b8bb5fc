/** What a dispatcher asks a reviewer, and what a reviewer answers: JSON, in batches of one kind. */
import { z } from "zod";
import type { RequestEvent } from "../events.ts";

/** Events that one request has at most. */
export const REVIEW_BATCH = 50;
/** Of a reviewer's answer. */
export const REVIEW_ANSWER_LIMIT_BYTES = 1_048_576;
/** Characters of a reviewer's message, in UTF-16 units. */
const MESSAGE_LIMIT = 200;

const verdictSchema = z.discriminatedUnion("verdict", [
  z.object({ verdict: z.literal("allow") }),
  z.object({
    verdict: z.literal("deny"),
    /** For the publisher. */
    message: z.string().min(1).max(MESSAGE_LIMIT).optional(),
  }),
  z.object({ verdict: z.literal("replace"), data: z.unknown() }),
  z.object({ verdict: z.literal("shadow") }),
]);
export type Verdict = z.output<typeof verdictSchema>;
export type VerdictName = Verdict["verdict"];

const answerSchema = z.object({ verdicts: z.array(verdictSchema) });

/** An event to review. */
export interface ReviewedEvent {
  readonly video: string;
  readonly input: RequestEvent;
}

/** @throws TypeError when an event's data can't be JSON */
export function encodeReview(kind: string, events: readonly ReviewedEvent[]): Buffer {
  const shown = events.map(({ video, input: { id, actor, data } }) => ({ id, video, actor, data }));
  return Buffer.from(JSON.stringify({ kind, events: shown }));
}

/**
 * The verdicts in a reviewer's answer, in the order of the events.
 * @throws Error that says what is wrong with the answer
 */
export function decodeVerdicts(answer: Uint8Array, count: number): readonly Verdict[] {
  const { verdicts } = answerSchema.parse(JSON.parse(Buffer.from(answer).toString()));
  if (verdicts.length === count) return verdicts;
  throw new Error(`${verdicts.length} verdicts for ${count} events`);
}
