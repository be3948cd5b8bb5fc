/** The answer to a request of which reviewers refused a part. */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { RequestEvent } from "../../shared/protocol/events.ts";
import type { Accepted } from "../requests/replies.ts";

/**
 * @param outcomes what was let through, or why it was refused, by its place in the request
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
