/** A request to publish votes: each is counted or refused by itself. */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { RequestEvent } from "../../shared/protocol/events.ts";
import { parseVote, requireActor } from "../../shared/protocol/votes/vote.ts";
import type { Accepted } from "../requests/replies.ts";
import type { Votes } from "./votes.ts";

/**
 * @param ids of the events
 * @returns which votes are stored, and why the others were refused
 * @throws OvationError why the only vote was refused; actor_required, overloaded,
 * votes_unavailable
 */
export async function acceptVotes(
  votes: Pick<Votes, "cast">,
  video: string,
  inputs: readonly RequestEvent[],
  ids: readonly string[],
): Promise<Accepted> {
  const cast = inputs.map(({ actor, data }, index) => {
    const at = inputs.length === 1 ? "" : `events[${index}].`;
    return { ...parseVote(data, at), actor: requireActor(actor, at), id: ids[index] ?? "" };
  });
  const outcomes = await votes.cast(video, cast);
  const [only] = outcomes;
  if (inputs.length === 1 && only !== undefined) throw only;
  if (outcomes.every((outcome) => outcome === undefined)) return { accepted: ids };
  return {
    accepted: ids.map((id, index) => (outcomes[index] === undefined ? id : null)),
    refused: outcomes.flatMap((outcome, index) =>
      outcome instanceof OvationError ? [{ index, ...outcome.body() }] : [],
    ),
  };
}
