/** Which of the votes that wait go into the next record, and which have their answer already. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { VOTES_LIMIT } from "../../shared/protocol/votes/poll.ts";
import type { StoredVote } from "../../shared/protocol/votes/record.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { PollChain } from "./poll-chain.ts";

/** A record holds no more than this. */
const RECORD_VOTES_LIMIT = 4_096;
/** Votes that one batch considers: those with an answer don't count towards a record's limit. */
const CONSIDERED_LIMIT = 16_384;

/** Why a vote was refused; undefined for one that is counted. */
export type VoteOutcome = OvationError | undefined;

/** The votes of one request, which is answered when each has its outcome. */
export class CastRequest {
  readonly job: Deferred<VoteOutcome[]>;
  readonly #outcomes: VoteOutcome[];
  #left: number;

  constructor(job: Deferred<VoteOutcome[]>) {
    this.job = job;
    this.#outcomes = new Array<VoteOutcome>(job.events).fill(undefined);
    this.#left = job.events;
  }

  /** Sets the outcome of the vote at this index; the last one resolves the job. */
  settle(index: number, outcome: VoteOutcome): void {
    this.#outcomes[index] = outcome;
    this.#left -= 1;
    if (this.#left === 0) this.job.resolve(this.#outcomes);
  }
}

/** A vote that waits. */
export interface WaitingVote {
  readonly request: CastRequest;
  readonly index: number;
  readonly vote: StoredVote;
  /** Its actor in this poll. */
  readonly actor: string;
}

interface VoteBatch {
  /** To be stored. */
  readonly taken: readonly WaitingVote[];
  /** Those with an answer already. */
  readonly answered: readonly { readonly waiting: WaitingVote; readonly outcome: VoteOutcome }[];
  /** Of an actor with a vote in this batch: they come after it. */
  readonly left: readonly WaitingVote[];
}

type ChainState = Pick<PollChain, "poll" | "isFinal" | "total" | "castBy">;

/**
 * Takes votes until a record is full: of each actor at most one.
 * @param now milliseconds since 1970
 */
export function planVotes(
  waiting: Iterable<WaitingVote>,
  chain: ChainState,
  now: number,
): VoteBatch {
  const taken: WaitingVote[] = [];
  const answered: { waiting: WaitingVote; outcome: VoteOutcome }[] = [];
  const left: WaitingVote[] = [];
  const actors = new Set<string>();
  for (const one of waiting) {
    const { vote, actor, request } = one;
    if (request.job.isSettled) {
      // Its publisher has given up, and may have voted again elsewhere.
      answered.push({ waiting: one, outcome: undefined });
    } else if (actors.has(actor)) {
      left.push(one);
    } else {
      const verdict = judge(vote, chain, now, chain.total + taken.length);
      if (verdict === "store") {
        actors.add(actor);
        taken.push(one);
      } else {
        answered.push({ waiting: one, outcome: verdict === "counted" ? undefined : verdict });
      }
    }
    const considered = taken.length + answered.length + left.length;
    if (taken.length === RECORD_VOTES_LIMIT || considered === CONSIDERED_LIMIT) break;
  }
  return { taken, answered, left };
}

/** @param total actors who have voted, with those of this batch */
function judge(
  { high, low, tag, choice }: StoredVote,
  chain: ChainState,
  now: number,
  total: number,
): OvationError | "store" | "counted" {
  const { poll, isFinal } = chain;
  if (poll === undefined) return new OvationError("poll_unknown", undefined, POLL);
  const before = chain.castBy(high, low);
  // Also after the end: its first answer may have been lost.
  if (before?.tag === tag) return "counted";
  if (isFinal || now >= poll.closesAt) return new OvationError("poll_closed", undefined, POLL);
  if (now < poll.opensAt) return new OvationError("poll_not_open", undefined, POLL);
  if (choice >= poll.choices.length) return choiceUnknown(poll.choices.length - 1);
  if (before === undefined) {
    if (total < VOTES_LIMIT) return "store";
    return new OvationError("poll_full", undefined, { ...POLL, limit: VOTES_LIMIT });
  }
  if (!poll.changeable) return new OvationError("already_voted", undefined, { field: "actor" });
  // Also if it is the same choice: the actor may have voted for another one elsewhere meanwhile, and
  // only storing shows whether this dispatcher knows of it.
  return "store";
}

const POLL = { field: "data.poll" };

function choiceUnknown(limit: number): OvationError {
  const field = "data.choice";
  const text = `${field}: the poll's choices are 0 to ${limit}`;
  return new OvationError("choice_unknown", text, { field, limit });
}
