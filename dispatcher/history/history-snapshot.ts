/** One video's whole history in memory, kept up to date for as long as a retraction takes. */
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { type ChainMessage, readMessage } from "./chain-message.ts";
import type { VideoChain } from "./video-chain.ts";

type Store = Pick<HistoryStream, "next" | "read">;

export class HistorySnapshot {
  readonly #store: Store;
  readonly #video: string;
  #messages: ChainMessage[] | undefined;

  constructor(store: Store, video: string) {
    this.#store = store;
    this.#video = video;
  }

  /**
   * Reads the whole history.
   * @throws OvationError history_unavailable
   */
  async load(): Promise<ChainMessage[]> {
    this.#messages = (await this.#store.read(this.#video)).map(readMessage);
    return this.#messages;
  }

  /**
   * Brings the chain up to the store's newest message, and returns the history up to it.
   * @throws OvationError history_unavailable
   */
  async upTo(chain: VideoChain): Promise<readonly ChainMessage[]> {
    const messages = this.#messages ?? (await this.load());
    let isConsistent = true;
    for (const message of messages) isConsistent &&= this.#absorb(chain, message);
    for (;;) {
      const newest = messages.at(-1)?.sequence ?? 0;
      const next = await this.#store.next(this.#video, newest + 1);
      if (next === undefined) break;
      const message = readMessage(next);
      messages.push(message);
      isConsistent &&= this.#absorb(chain, message);
    }
    if (isConsistent && (messages.at(-1)?.sequence ?? 0) === chain.sequence) return messages;
    this.#messages = undefined;
    chain.doubt();
    throw new OvationError("history_unavailable", "the history changed while it was read");
  }

  #absorb(chain: VideoChain, message: ChainMessage): boolean {
    return message.sequence <= chain.sequence || chain.absorb(message);
  }
}
