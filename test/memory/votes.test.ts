/** What a dispatcher holds of a large poll, and what it takes beyond that while the poll grows. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { PollChain, readPollMessage } from "../../dispatcher/votes/poll-chain.ts";
import {
  actorKey,
  encodeVotes,
  encodeVotesRecord,
  storedVote,
} from "../../shared/protocol/votes/record.ts";

const VOTES = 1_000_000;
/** About as many as a full record has. */
const RECORD_VOTES = 4_000;
/** Records between two looks at the memory. */
const LOOK_EVERY = 10;
const MILLION = 1_000_000;
const POLL = {
  question: "Who was best?",
  choices: ["Ada", "Bo"] as string[],
  createdAt: 0,
  opensAt: 0,
  closesAt: 4_000_000_000_000,
  changeable: false,
  results: "live",
} as const;

/** Bytes in use, of objects and of array buffers. */
function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // The first one frees array buffers in the background; the second waits for that.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The record that follows the chain's newest, as another dispatcher would send it. */
function nextRecord(chain: PollChain, first: number): Buffer {
  const votes = Array.from({ length: RECORD_VOTES }, (_, index) => {
    const actor = `actor-${first + index}`;
    return storedVote(actorKey("match", "mvp", actor), `vote-of-${actor}`, index % 2);
  });
  const { sequence: after, seq: prev } = chain;
  const poll = first === 0 ? POLL : undefined;
  const seq = chain.nextSeq(0);
  const { closesAt } = POLL;
  return encodeVotesRecord({ after, prev, seq, closesAt, votes: encodeVotes(votes), poll });
}

test("a poll of a million votes takes at most 21 MB, and at no moment much more", () => {
  const chain = new PollChain("match.mvp");
  const before = usedBytes();
  let most = 0;
  for (let first = 0; first < VOTES; first += RECORD_VOTES) {
    chain.learn(readPollMessage({ payload: nextRecord(chain, first), sequence: first + 1 }));
    if (first % (LOOK_EVERY * RECORD_VOTES) === 0) most = Math.max(most, usedBytes() - before);
  }
  expect(chain.total).toBe(VOTES);
  expect(chain.votes).toEqual([VOTES / 2, VOTES / 2]);
  expect(chain.bytes).toBeLessThanOrEqual(21 * MILLION);
  expect(usedBytes() - before).toBeLessThanOrEqual(23 * MILLION);
  expect(most).toBeLessThanOrEqual(25 * MILLION);
});
