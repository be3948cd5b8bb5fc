/** The answer to a request of which a part was accepted in another way than the rest. */
import type { RequestEvent } from "../../shared/protocol/events.ts";
import type { Accepted } from "../requests/replies.ts";

/**
 * @param rest the answer to the events that `ownOf` knows nothing of, in their order
 * @param ownOf the id and `seq` of an event that was accepted otherwise
 * @param hasSeqs whether any event is durable
 */
export function mergedAnswer(
  inputs: readonly RequestEvent[],
  rest: Accepted | undefined,
  ownOf: (input: RequestEvent) => { readonly id: string; readonly seq: number | null } | undefined,
  hasSeqs: boolean,
): Accepted {
  const own = inputs.map(ownOf);
  const places = [...own.keys()].filter((place) => own[place] === undefined);
  const accepted = own.map((one) => one?.id ?? null);
  const seqs = own.map((one) => one?.seq ?? null);
  for (const [index, place] of places.entries()) {
    accepted[place] = rest?.accepted[index] ?? null;
    seqs[place] = rest?.seqs?.[index] ?? null;
  }
  const refused = rest?.refused?.map((one) => ({ ...one, index: places[one.index] ?? one.index }));
  return {
    accepted,
    ...(hasSeqs ? { seqs } : {}),
    ...(refused === undefined ? {} : { refused }),
  };
}
