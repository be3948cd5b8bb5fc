/** Which votes are stored. */
import { expect, test } from "vitest";
import type { StoredPoll } from "../../shared/protocol/votes/poll.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import { CastRequest, planVotes, type VoteOutcome } from "./vote-batch.ts";

const POLL: StoredPoll = {
  question: "Who was best?",
  choices: ["Ada", "Bo"],
  createdAt: 0,
  opensAt: 0,
  closesAt: 1_000,
  changeable: true,
  results: "live",
};

/** What becomes of an actor's vote for the first choice, when this was counted before. */
function planned(before: { readonly choice: number; readonly tag: number }): string {
  const job = { events: 1, isSettled: false } as Deferred<VoteOutcome[]>;
  const vote = { high: 1, low: 2, tag: 7, choice: 0 };
  const waiting = { request: new CastRequest(job), index: 0, vote, actor: "ada" };
  const chain = { poll: POLL, isFinal: false, total: 1, castBy: () => before };
  const { taken, answered } = planVotes([waiting], chain, 500);
  return taken.length === 1 ? "stored" : `answered: ${answered[0]?.outcome?.code ?? "counted"}`;
}

test("a vote back to the choice that this dispatcher knows is stored: others may know of another one since", () => {
  expect(planned({ choice: 0, tag: 6 })).toBe("stored");
  expect(planned({ choice: 1, tag: 6 })).toBe("stored");
});

test("the repeat of a vote is not stored again", () => {
  expect(planned({ choice: 0, tag: 7 })).toBe("answered: counted");
});
