/** One video's whole history in memory, kept up with the store for as long as a retraction takes. */
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
   * Reads it whole.
   * @throws OvationError history_unavailable
   */
  async load(): Promise<ChainMessage[]> {
    this.#messages = (await this.#store.read(this.#video)).map(readMessage);
    return this.#messages;
  }

  /**
   * The history up to the chain's newest message, and the chain up to the store's.
   * @throws OvationError history_unavailable
   */
  async upTo(chain: VideoChain): Promise<readonly ChainMessage[]> {
    const messages = this.#messages ?? (await this.load());
    let isSound = true;
    for (const message of messages) isSound &&= this.#pass(chain, message);
    for (;;) {
      const newest = messages.at(-1)?.sequence ?? 0;
      const next = await this.#store.next(this.#video, newest + 1);
      if (next === undefined) break;
      const message = readMessage(next);
      messages.push(message);
      isSound &&= this.#pass(chain, message);
    }
    if (isSound && (messages.at(-1)?.sequence ?? 0) === chain.sequence) return messages;
    this.#messages = undefined;
    chain.doubt();
    throw new OvationError("history_unavailable", "the history changed while it was read");
  }

  #pass(chain: VideoChain, message: ChainMessage): boolean {
    return message.sequence <= chain.sequence || chain.absorb(message);
  }
}
