/**
 * Sees to it that viewer counts are told: a request that dies with the dispatcher that took it is
 * made again. At most one is under way for a video.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../../shared/lib/backoff.ts";

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** Requests that may be under way; of a further video, viewers hear when its count moves again. */
const UNDER_WAY_LIMIT = 100_000;
/** When NATS has been away for longer, rows are written again, and counts asked for with them. */
const MOST_TRIES = 8;

export class CountRequests {
  /** Moves that were not told of, for want of room. */
  dropped = 0;
  readonly #ask: (video: string) => Promise<void>;
  /** By video: whether it moved again since the request under way was made. */
  readonly #underWay = new Map<string, boolean>();
  #isStopped = false;

  /** @param ask resolves when a dispatcher has told the count */
  constructor(ask: (video: string) => Promise<void>) {
    this.#ask = ask;
  }

  /** A count has moved. */
  moved(video: string): void {
    if (this.#underWay.has(video)) this.#underWay.set(video, true);
    else if (this.#underWay.size < UNDER_WAY_LIMIT) void this.#request(video);
    else this.dropped += 1;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #request(video: string): Promise<void> {
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    for (let tries = 0; tries < MOST_TRIES && !this.#isStopped; tries += 1) {
      this.#underWay.set(video, false);
      try {
        await this.#ask(video);
        if (this.#underWay.get(video) === false) break;
        tries = 0;
      } catch {
        // One signal that ends them all would be looked through for each that is made.
        await wait(backoff.nextMs(), undefined, { ref: false });
      }
    }
    this.#underWay.delete(video);
  }
}
