/** What a dispatcher asks a reviewer, and what a reviewer answers: JSON, in batches of one kind. */
import { z } from "zod";
import type { RequestEvent } from "../events.ts";

/** Events that one request has at most. */
export const REVIEW_BATCH = 50;
/** Of the events in one request, as JSON: less than a message of NATS may have. */
export const REVIEW_LIMIT_BYTES = 524_288;
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

export const answerSchema = z.object({ verdicts: z.array(verdictSchema) });

/** What a reviewer is asked. */
export const reviewRequestSchema = z.object({
  kind: z.string(),
  events: z
    .array(
      z.object({
        id: z.string().optional(),
        video: z.string(),
        actor: z.string().optional(),
        data: z.unknown().optional(),
      }),
    )
    .max(REVIEW_BATCH),
});

/** An event to review. */
export interface ReviewedEvent {
  readonly video: string;
  readonly input: RequestEvent;
}

/**
 * An event as reviewers are shown it; undefined for one that can't be: its data is no JSON, or too
 * long as such.
 */
export function encodeReviewed({ video, input }: ReviewedEvent): string | undefined {
  const { id, actor, data } = input;
  try {
    const text = JSON.stringify({ id, video, actor, data });
    return Buffer.byteLength(text) > REVIEW_LIMIT_BYTES ? undefined : text;
  } catch {
    return undefined;
  }
}

/** @param events encoded */
export function encodeReview(kind: string, events: readonly string[]): Buffer {
  return Buffer.from(`{"kind":${JSON.stringify(kind)},"events":[${events.join(",")}]}`);
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
