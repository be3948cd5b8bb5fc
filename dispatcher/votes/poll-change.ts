/** What a moderator's request makes of a poll: a new one, or a change of one that is there. */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { PollInput, StoredPoll } from "../../shared/protocol/votes/poll.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { PollChain } from "./poll-chain.ts";

/** How long a poll is open when nothing is said. */
const OPEN_MS = 86_400_000;

/**
 * The poll after the request; undefined when it changes nothing.
 * @param now milliseconds since 1970
 * @param longestMs from a poll's creation to its end
 * @throws OvationError poll_closed, field_invalid
 */
export function changedPoll(
  { poll: before, isFinal }: Pick<PollChain, "poll" | "isFinal">,
  input: PollInput,
  now: number,
  longestMs: number,
): StoredPoll | undefined {
  const { question, choices, changeable, results } = input;
  const createdAt = before?.createdAt ?? now;
  const opensAt = input.opensAt ?? before?.opensAt ?? now;
  const lastAt = createdAt + longestMs;
  const closesAt = input.closesAt ?? before?.closesAt ?? Math.min(opensAt + OPEN_MS, lastAt);
  const poll = { question, choices, createdAt, opensAt, closesAt, changeable, results };
  // A repeat of the request that ended it says the same.
  if (before !== undefined && isSame(before, poll)) return undefined;
  const hasEnded = isFinal || (before !== undefined && now >= before.closesAt);
  if (hasEnded) throw new OvationError("poll_closed", undefined, { field: "poll" });
  if (before !== undefined && before.choices.length !== choices.length) {
    const count = before.choices.length;
    throw invalid("choices", `the poll has ${count} choices, and votes are for their places`);
  }
  if (closesAt > lastAt) {
    throw invalid("closesAt", `at most ${longestMs} ms after the poll was created`, longestMs);
  }
  const endsNow = before !== undefined && closesAt <= now;
  if (closesAt <= opensAt && !endsNow) throw invalid("closesAt", "must be after opensAt");
  return poll;
}

function isSame(one: StoredPoll, other: StoredPoll): boolean {
  return encodeMsgpack({ ...one, ...other }).equals(encodeMsgpack(one));
}

function invalid(field: string, text: string, limit?: number): OvationError {
  return new OvationError("field_invalid", `${field}: ${text}`, { field, limit });
}
