/**
 * A poll as one viewer sees it: the tally, and the viewer's own vote, which shows at once. Where votes
 * are final, the number of a choice never falls but when the vote is refused, because votes only
 * grow: what is shown is the tally, and at least what it was when the viewer voted, and one more.
 */

/**
 * A poll, as viewers get it. Times are in milliseconds since 1970.
 *
 * @example
 * const percent = ({ votes, total }: Poll, choice: number) => (100 * (votes?.[choice] ?? 0)) / total;
 */
export interface Poll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly createdAt: number;
  readonly opensAt: number;
  readonly closesAt: number;
  /** Whether a second vote replaces the first; otherwise it is refused with `already_voted`. */
  readonly changeable: boolean;
  /** Whether viewers see the votes of each choice before the end. */
  readonly results: "live" | "end";
  /** Whether it has ended: its votes are final. */
  readonly closed: boolean;
  /** How many actors have voted. */
  readonly total: number;
  /** The votes of each choice; absent before the end where `results` is `end`. */
  readonly votes?: readonly number[];
  /** Grows with each change. */
  readonly seq: number;
  /** The choice that this client voted for, by its index; undefined if it has not voted. */
  readonly own?: number;
}

/** An own vote. */
interface Vote {
  readonly id: string;
  readonly choice: number;
  readonly least: { readonly total: number; readonly votes: number | undefined };
  /** The choice that it replaces, which has at most so many votes. */
  readonly from: { readonly choice: number; readonly most: number | undefined } | undefined;
  isAccepted: boolean;
  /** Tallies that came after it was accepted. */
  tallies: number;
}

/** After so many tallies a vote is in the tally for certain: the first may have been on its way. */
const TALLIES = 2;

export class ShownPoll {
  #tally: Poll | undefined;
  /** The choice of a vote that the tally has. */
  #own: number | undefined;
  /** Own votes that the tally may not have, oldest first. */
  #votes: readonly Vote[] = [];

  get current(): Poll | undefined {
    if (this.#tally === undefined) return undefined;
    const shown = this.#votes.reduce(withVote, this.#tally);
    const own = this.#votes.at(-1)?.choice ?? this.#own;
    return own === undefined ? shown : { ...shown, own };
  }

  /** @param tally undefined when the video has no such poll */
  setTally(tally: Poll | undefined): void {
    if (tally?.createdAt !== this.#tally?.createdAt) {
      this.#votes = [];
      this.#own = undefined;
    }
    const before = this.#tally;
    this.#tally = tally;
    if (tally === undefined || tally.seq === before?.seq) return;
    for (const vote of this.#votes) if (vote.isAccepted) vote.tallies += 1;
    // Of votes that may change, others may take theirs away from the choice.
    const isOld = ({ tallies }: Vote) => tally.changeable && tallies >= TALLIES;
    this.#own = this.#votes.filter(isOld).at(-1)?.choice ?? this.#own;
    this.#votes = this.#votes.filter((vote) => !isOld(vote));
  }

  /** The viewer votes. */
  vote(id: string, choice: number): void {
    const { current } = this;
    if (current === undefined || current.closed || current.choices[choice] === undefined) return;
    const { own, total, votes, changeable } = current;
    // A second vote will be refused, and the same one changes nothing.
    if (own === choice || (own !== undefined && !changeable)) return;
    const count = votes?.[choice];
    const least = {
      total: own === undefined ? total + 1 : total,
      votes: count === undefined ? undefined : count + 1,
    };
    const before = own === undefined ? undefined : votes?.[own];
    const most = before === undefined ? undefined : Math.max(0, before - 1);
    const from = own === undefined ? undefined : { choice: own, most };
    this.#votes = [...this.#votes, { id, choice, least, from, isAccepted: false, tallies: 0 }];
  }

  accept(id: string): void {
    for (const vote of this.#votes) if (vote.id === id) vote.isAccepted = true;
  }

  refuse(id: string): void {
    this.#votes = this.#votes.filter((vote) => vote.id !== id);
  }
}

function withVote(poll: Poll, { choice, least, from }: Vote): Poll {
  const { votes } = poll;
  const changed = votes?.map((count, index) => {
    if (index === choice) return Math.max(count, least.votes ?? 0);
    return index === from?.choice ? Math.min(count, from.most ?? count) : count;
  });
  const total = Math.max(poll.total, least.total);
  return { ...poll, total, ...(changed === undefined ? {} : { votes: changed }) };
}
