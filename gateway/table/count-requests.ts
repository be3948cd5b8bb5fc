/**
 * Makes sure that viewer counts are sent: a request that is lost with its dispatcher is repeated.
 * At most one is under way for a video.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../../shared/lib/backoff.ts";

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** Requests that may be under way; beyond it, viewers get a count when it next changes. */
const UNDER_WAY_LIMIT = 100_000;
/** If NATS is away for longer, rows are written again when it is back, and request counts. */
const MOST_TRIES = 8;

export class CountRequests {
  /** Changes that were not sent because too many requests were under way. */
  dropped = 0;
  readonly #requestCount: (video: string) => Promise<void>;
  /** By video: whether its count has changed since the request under way was made. */
  readonly #underWay = new Map<string, boolean>();
  #isStopped = false;

  /** @param requestCount resolves when a dispatcher has sent the count */
  constructor(requestCount: (video: string) => Promise<void>) {
    this.#requestCount = requestCount;
  }

  /** A video's count has changed. */
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
        await this.#requestCount(video);
        if (this.#underWay.get(video) === false) break;
        tries = 0;
      } catch {
        // No shared AbortSignal: its list of listeners would be searched for each wait.
        await wait(backoff.nextMs(), undefined, { ref: false });
      }
    }
    this.#underWay.delete(video);
  }
}
