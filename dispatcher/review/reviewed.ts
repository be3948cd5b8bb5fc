/** What a review makes of a request's events. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { checkEvent, type LiveRules, type RequestEvent } from "../../shared/protocol/events.ts";
import type { Verdict } from "../../shared/protocol/moderation/review.ts";
import type { Accepted } from "../replies.ts";
import type { Review } from "./review.ts";

interface ReviewedOptions {
  readonly review: Pick<Review, "verdictOn">;
  readonly rules: LiveRules;
  /** Whether events are accepted that reviewers gave no verdict on in time. */
  readonly isOpen: boolean;
}

/** Whether reviewers must be asked about an event. */
export function needsReview(
  { kind, trusted, shadow }: RequestEvent,
  { kinds }: LiveRules,
): boolean {
  return kinds.get(kind)?.review === true && trusted !== true && shadow !== true;
}

/**
 * Events as reviewers let them through, or why they refused them, by their places.
 * @throws OvationError review_unavailable: then nothing was done with any of them, so that a repeat
 * keeps their order
 */
export async function reviewed(
  options: ReviewedOptions,
  video: string,
  inputs: readonly RequestEvent[],
): Promise<readonly (RequestEvent | OvationError)[]> {
  const { review, rules } = options;
  return await Promise.all(
    inputs.map(async (input) => {
      if (!needsReview(input, rules)) return input;
      return judged(options, input, await review.verdictOn({ video, input }));
    }),
  );
}

function judged(
  { rules, isOpen }: ReviewedOptions,
  input: RequestEvent,
  verdict: Verdict | undefined,
): RequestEvent | OvationError {
  switch (verdict?.verdict) {
    case "allow":
      return input;
    case "deny":
      return new OvationError("denied", verdict.message);
    case "shadow":
      // Nobody can be shown what has no author.
      return input.actor === undefined ? new OvationError("denied") : { ...input, shadow: true };
    case "replace": {
      const { data: _, ...rest } = input;
      const replaced = verdict.data === undefined ? rest : { ...rest, data: verdict.data };
      // As it was, it may not be published either.
      return isSound(replaced, rules) ? replaced : new OvationError("denied");
    }
    default:
      if (isOpen) return input;
      throw new OvationError("review_unavailable");
  }
}

/** Whether an event that a reviewer has changed may still be published. */
function isSound(input: RequestEvent, rules: LiveRules): boolean {
  try {
    checkEvent(input, rules, "", Number.POSITIVE_INFINITY);
    return true;
  } catch {
    return false;
  }
}

/**
 * The answer to a request of which reviewers refused a part.
 * @param rest the answer to the others, in their order; undefined if there are none
 * @throws OvationError why the only event was refused
 */
export function reviewedAnswer(
  outcomes: readonly (RequestEvent | OvationError)[],
  rest: Accepted | undefined,
): Accepted {
  const [only] = outcomes;
  if (outcomes.length === 1 && only instanceof OvationError) throw only;
  const places = [...outcomes.keys()].filter((at) => !(outcomes[at] instanceof OvationError));
  if (rest !== undefined && places.length === outcomes.length) return rest;
  const accepted: (string | null)[] = outcomes.map(() => null);
  const seqs: (number | null)[] = outcomes.map(() => null);
  for (const [index, place] of places.entries()) {
    accepted[place] = rest?.accepted[index] ?? null;
    seqs[place] = rest?.seqs?.[index] ?? null;
  }
  const refused = outcomes.flatMap((outcome, index) =>
    outcome instanceof OvationError ? [{ index, ...outcome.body() }] : [],
  );
  const others = rest?.refused?.map((one) => ({ ...one, index: places[one.index] ?? one.index }));
  return {
    accepted,
    ...(rest?.seqs === undefined ? {} : { seqs }),
    refused: [...refused, ...(others ?? [])].sort((one, other) => one.index - other.index),
  };
}
