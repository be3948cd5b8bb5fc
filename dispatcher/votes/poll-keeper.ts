/**
 * Tells viewers how polls stand, once a second, and ends polls in time: also those whose votes other
 * dispatchers stored, for these may be gone.
 */
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { asOvationError } from "../../shared/protocol/errors.ts";
import { parsePollKey, pollKey } from "../../shared/protocol/subjects.ts";
import type { ShownPoll } from "../../shared/protocol/votes/poll.ts";
import type { VotesRecord } from "../../shared/protocol/votes/record.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { OpenPolls } from "./open-polls.ts";
import { type PollChain, readPollMessage } from "./poll-chain.ts";
import type { PollWriters } from "./poll-writers.ts";
import type { PollsState } from "./polls-state.ts";

/** How often viewers are told. */
const TELL_MS = 1_000;

interface PollKeeperOptions {
  readonly store: ConstructorParameters<typeof OpenPolls>[0]["store"];
  readonly writers: Pick<PollWriters, "of" | "known" | "hasRoom" | "trim">;
  readonly polls: Pick<PollsState, "show" | "end">;
  readonly now: WallClock;
  /** How often the store is searched for polls that nobody told of. */
  readonly sweepMs: number;
  readonly log: Log;
}

export class PollKeeper {
  readonly #options: PollKeeperOptions;
  readonly #open: OpenPolls;
  /** Videos and their polls whose viewers don't have the newest tally. */
  readonly #untold = new Map<string, Set<string>>();
  /** What is under way: videos that are told, and polls that are ended. */
  readonly #underWay = new Set<string>();
  #timers: NodeJS.Timeout[] = [];

  constructor(options: PollKeeperOptions) {
    this.#options = options;
    const onFound = (key: string, record: VotesRecord) => this.#found(key, record);
    this.#open = new OpenPolls({ store: options.store, onFound });
  }

  /** Polls that have not ended. */
  get openPolls(): number {
    return this.#open.size;
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.#tick(), TELL_MS),
      setInterval(() => this.#sweep(), this.#options.sweepMs),
    ];
    this.#sweep();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** The store may be another one: which polls are open, and how they stand, is read again. */
  restart(): void {
    this.#open.clear();
    this.#sweep();
  }

  /** This dispatcher stored a record. */
  stored({ key, poll, isFinal, votes }: PollChain): void {
    if (poll === undefined) return;
    this.#open.learn(key, { closesAt: poll.closesAt, final: isFinal ? votes : undefined });
    this.#tellSoon(key);
  }

  /** Another dispatcher stored a record. */
  observe(key: string, stored: Pick<StoredMessage, "payload" | "sequence">): void {
    const message = readPollMessage(stored);
    const { record } = message;
    if (record === undefined) return;
    this.#open.learn(key, record);
    const writer = this.#options.writers.known(key);
    // Should the one that stored it die, viewers are told by us.
    if (writer?.observe(message) === true) this.#tellSoon(key);
    else if (writer === undefined && record.final === undefined) this.#preload(key);
  }

  /** The polls of a video were erased: its viewers are told of none any more. */
  forget(video: string): void {
    this.#untold.delete(video);
    this.#open.forgetAll(video);
  }

  /** Finds polls that nobody told of. */
  #sweep(): void {
    void this.#open.sweep().catch((error: unknown) => this.#failed(error, "polls can't be read"));
  }

  #found(key: string, { final, seq }: VotesRecord): void {
    if (final === undefined) return this.#preload(key);
    const { video, poll } = namesOf(key);
    // The dispatcher that ended it may have died before it told viewers.
    void this.#options.polls.end(video, poll, final, seq).catch((error: unknown) => {
      this.#failed(error, "viewers can't be told of a poll's end");
      this.#open.forget(key);
    });
  }

  /** Reads an open poll before its first vote comes here, if there is room. */
  #preload(key: string): void {
    const { writers } = this.#options;
    if (!writers.hasRoom) return;
    const job = { isSettled: false, reject: () => undefined };
    void writers.of(key).runExclusive(job, async () => this.#tellSoon(key));
  }

  #tellSoon(key: string): void {
    const { video, poll } = namesOf(key);
    const polls = this.#untold.get(video);
    if (polls === undefined) this.#untold.set(video, new Set([poll]));
    else polls.add(poll);
  }

  #tick(): void {
    this.#options.writers.trim();
    for (const key of this.#open.due(this.#options.now())) {
      this.#once(key, () => this.#end(key));
    }
    for (const [video, polls] of this.#untold) {
      this.#once(video, async () => {
        this.#untold.delete(video);
        await this.#tell(video, polls);
      });
    }
  }

  /** Does it unless it is under way already. What fails is tried again at the next tick. */
  #once(what: string, work: () => Promise<void>): void {
    if (this.#underWay.has(what)) return;
    this.#underWay.add(what);
    work()
      .catch((error: unknown) => this.#failed(error, "viewers can't be told of a poll"))
      .finally(() => this.#underWay.delete(what));
  }

  async #end(key: string): Promise<void> {
    const { writers, now } = this.#options;
    const writer = writers.of(key);
    const { chain } = writer;
    await new Promise<void>((resolve, reject) => {
      void writer.runExclusive({ isSettled: false, reject }, async () => {
        const { poll, isFinal, votes } = chain;
        if (poll === undefined) this.#open.forget(key);
        else if (!isFinal && poll.closesAt <= now()) {
          await writer.append({ closesAt: poll.closesAt, final: votes });
        } else this.stored(chain);
        resolve();
      });
    });
    const { video, poll } = namesOf(key);
    await this.#tell(video, new Set([poll]));
  }

  async #tell(video: string, polls: ReadonlySet<string>): Promise<void> {
    const { writers } = this.#options;
    const shown = new Map<string, ShownPoll>();
    for (const poll of polls) {
      const now = writers.known(pollKey(video, poll))?.chain.shown();
      if (now !== undefined) shown.set(poll, now);
    }
    if (shown.size === 0) return;
    const again = () => {
      for (const poll of polls) this.#tellSoon(pollKey(video, poll));
    };
    try {
      if (!(await this.#options.polls.show(video, shown, TELL_MS))) again();
    } catch (error) {
      again();
      throw error;
    }
  }

  #failed(error: unknown, text: string): void {
    const { log } = this.#options;
    const known = asOvationError(error);
    if (known.code === "internal") log.error({ err: known.cause ?? known }, text);
    else log.debug({ err: error }, text);
  }
}

/** @param key of a poll */
function namesOf(key: string): { readonly video: string; readonly poll: string } {
  const names = parsePollKey(key);
  if (names === undefined) throw new Error(`${key} is no poll`);
  return names;
}
