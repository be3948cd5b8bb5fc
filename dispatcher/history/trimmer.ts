/** Removes a video's oldest messages from the store, once enough of them exceed the limits. */
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { HistoryStats } from "./stats.ts";
import type { VideoChain } from "./video-chain.ts";

interface TrimmerOptions {
  readonly store: Pick<HistoryStream, "trim">;
  readonly stats: Pick<HistoryStats, "trims">;
  readonly log: Log;
}

export class Trimmer {
  readonly #options: TrimmerOptions;
  #isTrimming = false;

  constructor(options: TrimmerOptions) {
    this.#options = options;
  }

  get isTrimming(): boolean {
    return this.#isTrimming;
  }

  /** Starts to trim if that is needed. After a failure the next call tries again. */
  trim({ video, kept }: VideoChain): void {
    const { store, stats, log } = this.#options;
    const first = this.#isTrimming ? undefined : kept.firstToKeep();
    if (first === undefined) return;
    this.#isTrimming = true;
    store
      .trim(video, first)
      .then(() => {
        kept.forgetBefore(first);
        stats.trims += 1;
      })
      .catch((error: unknown) => log.warn({ video, err: error }, "could not trim a history"))
      .finally(() => {
        this.#isTrimming = false;
      });
  }
}
