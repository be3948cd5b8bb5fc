/** Brings what a dispatcher knows of a chain up to date with the store. */
import pLimit from "p-limit";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { type ChainMessage, readMessage } from "./chain-message.ts";
import type { VideoChain } from "./video-chain.ts";

/** Messages that are fetched one by one; beyond that the chain is read from the start. */
const STEPS_LIMIT = 64;
/** Messages that are fetched one by one from the newest backwards. */
const STEPS_BACK_LIMIT = 16;
/** Histories that are read at once: each is held in memory meanwhile. */
const READS_AT_ONCE = 8;

interface ReaderOptions {
  readonly store: Pick<HistoryStream, "last" | "next" | "read">;
}

export class ChainReader {
  readonly #options: ReaderOptions;
  readonly #reads = pLimit(READS_AT_ONCE);

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Reads a chain that isn't known or is doubted.
   * @throws OvationError history_unavailable
   */
  async refresh(chain: VideoChain): Promise<void> {
    if (chain.trust === "sound") return;
    await chain.sync(() =>
      chain.trust === "doubted" ? this.#verify(chain) : this.#load(chain, false),
    );
  }

  /**
   * Learns what others stored, though nothing told of it.
   * @throws OvationError history_unavailable
   */
  async bringUpToDate(chain: VideoChain): Promise<void> {
    chain.doubt();
    await this.refresh(chain);
  }

  /**
   * After a conflict: learns what others stored.
   * @throws OvationError history_unavailable
   */
  async catchUp(chain: VideoChain): Promise<void> {
    await chain.sync(async () => {
      const newest = await this.#last(chain.video);
      // Nothing newer: what we knew is gone. It aged out, or the store lost it or was recreated.
      if (newest === undefined || newest.sequence <= chain.sequence) {
        return await this.#load(chain, false);
      }
      await this.#walk(chain, newest);
    });
  }

  /** Finds out whether the store still holds what we knew, and what followed. */
  async #verify(chain: VideoChain): Promise<void> {
    const newest = await this.#last(chain.video);
    if (newest === undefined || newest.sequence < chain.sequence || chain.sequence === 0) {
      return await this.#load(chain, false);
    }
    if (chain.isNewest(newest)) return;
    const anchor = await this.#next(chain.video, chain.sequence);
    const isKnown = anchor !== undefined && (chain.isNewest(anchor) || chain.isNext(anchor));
    if (!isKnown) return await this.#load(chain, false);
    if (chain.isNext(anchor)) chain.learn(anchor);
    await this.#walk(chain, newest);
  }

  /** Reads message by message up to the one that was the newest a moment ago. */
  async #walk(chain: VideoChain, newest: ChainMessage): Promise<void> {
    for (let steps = 0; chain.sequence < newest.sequence; steps += 1) {
      if (chain.isNext(newest)) return chain.learn(newest);
      // Nothing contradicts what we knew: it is only far behind.
      if (steps === STEPS_LIMIT) return await this.#load(chain, true);
      const message = await this.#next(chain.video, chain.sequence + 1);
      if (message === undefined || !chain.absorb(message)) return await this.#load(chain, false);
    }
  }

  async #load(chain: VideoChain, keepIds: boolean): Promise<void> {
    chain.restart(keepIds);
    const newest = await this.#options.store.last(chain.video);
    if (newest === undefined) return;
    for (const message of await this.#whole(chain.video, newest)) chain.learn(message);
    // A replica that served the read may have been behind.
    while (chain.sequence < newest.sequence) {
      const message = await this.#next(chain.video, chain.sequence + 1);
      if (message === undefined) return;
      chain.learn(message);
    }
  }

  /** The video's history, oldest first: no id in it may be used again. */
  async #whole(video: string, newest: StoredMessage): Promise<ChainMessage[]> {
    const { store } = this.#options;
    const messages = [readMessage(newest)];
    // Most videos have few of them, and a consumer costs the server more than a few gets.
    for (let steps = 0; steps < STEPS_BACK_LIMIT; steps += 1) {
      const after = messages[0]?.record?.after;
      if (after === 0) return messages;
      const before = after === undefined ? undefined : await store.next(video, after);
      if (before === undefined || before.sequence !== after) break;
      messages.unshift(readMessage(before));
    }
    return await this.#reads(async () => (await store.read(video)).map(readMessage));
  }

  async #last(video: string): Promise<ChainMessage | undefined> {
    const message = await this.#options.store.last(video);
    return message === undefined ? undefined : readMessage(message);
  }

  async #next(video: string, sequence: number): Promise<ChainMessage | undefined> {
    const message = await this.#options.store.next(video, sequence);
    return message === undefined ? undefined : readMessage(message);
  }
}
