/** Brings what a dispatcher knows of a chain up to date with the store. */
import pLimit from "p-limit";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import type { TrustLevel } from "./trust.ts";

/** Messages that are fetched one by one; beyond that the chain is read from the start. */
const STEPS_LIMIT = 64;
/** Messages that are fetched one by one from the newest backwards. */
const STEPS_BACK_LIMIT = 16;
/** Chains that are read at once: each is held in memory meanwhile. */
const READS_AT_ONCE = 8;

/** A decoded message; its record is undefined when it isn't ours, or is of a later version. */
export interface LinkedMessage {
  readonly sequence: number;
  readonly record: { readonly after: number } | undefined;
}

/** What is known of a chain. */
export interface ReadableChain<Message extends LinkedMessage> {
  /** What the store finds its messages by. */
  readonly key: string;
  readonly trust: TrustLevel;
  /** Sequence in the stream of the newest message known; 0 when there is none. */
  readonly sequence: number;
  /** Reads the chain by `read`; a doubt raised meanwhile stays. */
  sync(read: () => Promise<void>): Promise<void>;
  doubt(): void;
  /**
   * Starts a new read.
   * @param isBehind whether what is known still holds, and is only old
   */
  restart(isBehind: boolean): void;
  /** Whether the message directly follows those known. */
  isNext(message: Message): boolean;
  /** Whether it is the newest message known. */
  isNewest(message: Message): boolean;
  /**
   * Takes in a message that comes after those known.
   * @returns false when it can't: it was stored without a message that we know
   */
  absorb(message: Message): boolean;
  /** Takes in a message as the newest, whatever was known before. */
  learn(message: Message): void;
}

interface ReaderOptions<Message extends LinkedMessage> {
  readonly store: {
    readonly last: (key: string) => Promise<StoredMessage | undefined>;
    readonly next: (key: string, sequence: number) => Promise<StoredMessage | undefined>;
    readonly read: (key: string) => Promise<readonly StoredMessage[]>;
  };
  readonly decode: (message: StoredMessage) => Message;
}

export class ChainReader<Message extends LinkedMessage> {
  readonly #options: ReaderOptions<Message>;
  readonly #reads = pLimit(READS_AT_ONCE);

  constructor(options: ReaderOptions<Message>) {
    this.#options = options;
  }

  /**
   * Reads a chain that isn't known or is doubted.
   * @throws OvationError history_unavailable
   */
  async refresh(chain: ReadableChain<Message>): Promise<void> {
    if (chain.trust === "sound") return;
    await chain.sync(() =>
      chain.trust === "doubted" ? this.#verify(chain) : this.#load(chain, false),
    );
  }

  /**
   * Learns what others stored, though nothing told of it.
   * @throws OvationError history_unavailable
   */
  async bringUpToDate(chain: ReadableChain<Message>): Promise<void> {
    chain.doubt();
    await this.refresh(chain);
  }

  /**
   * After a conflict: learns what others stored.
   * @throws OvationError history_unavailable
   */
  async catchUp(chain: ReadableChain<Message>): Promise<void> {
    await chain.sync(async () => {
      const newest = await this.#last(chain.key);
      // Nothing newer: what we knew is gone. It aged out, or the store lost it or was recreated.
      if (newest === undefined || newest.sequence <= chain.sequence) {
        return await this.#load(chain, false);
      }
      await this.#walk(chain, newest);
    });
  }

  /** Finds out whether the store still holds what we knew, and what followed. */
  async #verify(chain: ReadableChain<Message>): Promise<void> {
    const newest = await this.#last(chain.key);
    if (newest === undefined || newest.sequence < chain.sequence || chain.sequence === 0) {
      return await this.#load(chain, false);
    }
    if (chain.isNewest(newest)) return;
    const anchor = await this.#next(chain.key, chain.sequence);
    const isKnown = anchor !== undefined && (chain.isNewest(anchor) || chain.isNext(anchor));
    if (!isKnown) return await this.#load(chain, false);
    if (chain.isNext(anchor)) chain.learn(anchor);
    await this.#walk(chain, newest);
  }

  /** Reads message by message up to the one that was the newest a moment ago. */
  async #walk(chain: ReadableChain<Message>, newest: Message): Promise<void> {
    for (let steps = 0; chain.sequence < newest.sequence; steps += 1) {
      if (chain.isNext(newest)) return chain.learn(newest);
      // Nothing contradicts what we knew: it is only far behind.
      if (steps === STEPS_LIMIT) return await this.#load(chain, true);
      const message = await this.#next(chain.key, chain.sequence + 1);
      if (message === undefined || !chain.absorb(message)) return await this.#load(chain, false);
    }
  }

  async #load(chain: ReadableChain<Message>, isBehind: boolean): Promise<void> {
    chain.restart(isBehind);
    const newest = await this.#options.store.last(chain.key);
    if (newest === undefined) return;
    for (const message of await this.#whole(chain.key, newest)) chain.learn(message);
    // A replica that served the read may have been behind.
    while (chain.sequence < newest.sequence) {
      const message = await this.#next(chain.key, chain.sequence + 1);
      if (message === undefined) return;
      chain.learn(message);
    }
  }

  /** All messages of the chain, oldest first. */
  async #whole(key: string, newest: StoredMessage): Promise<Message[]> {
    const { store, decode } = this.#options;
    const messages = [decode(newest)];
    // Most videos have few of them, and a consumer costs the server more than a few gets.
    for (let steps = 0; steps < STEPS_BACK_LIMIT; steps += 1) {
      const after = messages[0]?.record?.after;
      if (after === 0) return messages;
      const before = after === undefined ? undefined : await store.next(key, after);
      if (before === undefined || before.sequence !== after) break;
      messages.unshift(decode(before));
    }
    return await this.#reads(async () => (await store.read(key)).map(decode));
  }

  async #last(key: string): Promise<Message | undefined> {
    const { store, decode } = this.#options;
    const message = await store.last(key);
    return message === undefined ? undefined : decode(message);
  }

  async #next(key: string, sequence: number): Promise<Message | undefined> {
    const { store, decode } = this.#options;
    const message = await store.next(key, sequence);
    return message === undefined ? undefined : decode(message);
  }
}
