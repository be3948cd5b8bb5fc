/**
 * The polls that have not ended, and when each does. Whoever has stored in a poll may be gone when
 * it ends, so each dispatcher knows all of them: from what others tell, and from the store, which it
 * reads now and then.
 */
import pLimit from "p-limit";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { parsePollKey } from "../../shared/protocol/subjects.ts";
import type { VotesRecord } from "../../shared/protocol/votes/record.ts";
import { readPollMessage } from "./poll-chain.ts";

const READS_AT_ONCE = 8;

interface OpenPollsOptions {
  readonly store: {
    /** The polls that it has records of. */
    readonly keys: () => Promise<readonly string[]>;
    readonly last: (key: string) => Promise<StoredMessage | undefined>;
  };
  /** A poll was found that this dispatcher did not know, and its newest record. */
  readonly onFound: (key: string, record: VotesRecord) => void;
}

export class OpenPolls {
  readonly #options: OpenPollsOptions;
  readonly #limit = pLimit(READS_AT_ONCE);
  /** When each ends, in milliseconds since 1970. */
  readonly #ends = new Map<string, number>();
  /** Those that have ended, and that the store still has. */
  #ended = new Set<string>();

  constructor(options: OpenPollsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#ends.size;
  }

  /** A record was stored. */
  learn(key: string, { closesAt, final }: Pick<VotesRecord, "closesAt" | "final">): void {
    if (final === undefined) {
      if (!this.#ended.has(key)) this.#ends.set(key, closesAt);
      return;
    }
    this.#ends.delete(key);
    this.#ended.add(key);
  }

  /** Those whose time is over. */
  due(now: number): string[] {
    return [...this.#ends].filter(([, closesAt]) => closesAt <= now).map(([key]) => key);
  }

  /** There is no such poll (any more). */
  forget(key: string): void {
    this.#ends.delete(key);
    this.#ended.delete(key);
  }

  /** There are no polls of this video any more. */
  forgetAll(video: string): void {
    for (const key of [...this.#ends.keys(), ...this.#ended]) {
      if (parsePollKey(key)?.video === video) this.forget(key);
    }
  }

  /** The store may be another one. */
  clear(): void {
    this.#ends.clear();
    this.#ended.clear();
  }

  /**
   * Finds polls that nobody told of.
   * @throws OvationError votes_unavailable
   */
  async sweep(): Promise<void> {
    const { store, onFound } = this.#options;
    const keys = new Set(await store.keys());
    for (const key of this.#ends.keys()) if (!keys.has(key)) this.#ends.delete(key);
    this.#ended = new Set([...this.#ended].filter((key) => keys.has(key)));
    const isKnown = (key: string) => this.#ends.has(key) || this.#ended.has(key);
    const unknown = [...keys].filter((key) => !isKnown(key));
    await Promise.all(
      unknown.map((key) =>
        this.#limit(async () => {
          const message = await store.last(key);
          const record = message === undefined ? undefined : readPollMessage(message).record;
          if (record === undefined || isKnown(key)) return;
          this.learn(key, record);
          onFound(key, record);
        }),
      ),
    );
  }
}
