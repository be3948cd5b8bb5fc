/**
 * Makes sure that viewer counts are sent: a request that is lost with its dispatcher is repeated.
 * At most one request per video is in flight.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../../shared/lib/backoff.ts";

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** How many requests may be in flight; beyond it, viewers get a count when it next changes. */
const IN_FLIGHT_LIMIT = 100_000;
/** If NATS is unreachable for longer, its return rewrites all rows, which requests the counts again. */
const ATTEMPTS_LIMIT = 8;

export class CountRequests {
  /** Changes that were not sent because too many requests were in flight. */
  dropped = 0;
  readonly #requestCount: (video: string) => Promise<void>;
  /** By video: whether its count has changed since the request in flight was made. */
  readonly #inFlight = new Map<string, boolean>();
  #isStopped = false;

  /** @param requestCount resolves when a dispatcher has sent the count */
  constructor(requestCount: (video: string) => Promise<void>) {
    this.#requestCount = requestCount;
  }

  /** A video's count has changed. */
  changed(video: string): void {
    if (this.#inFlight.has(video)) this.#inFlight.set(video, true);
    else if (this.#inFlight.size < IN_FLIGHT_LIMIT) void this.#request(video);
    else this.dropped += 1;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #request(video: string): Promise<void> {
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    for (let attempts = 0; attempts < ATTEMPTS_LIMIT && !this.#isStopped; attempts += 1) {
      this.#inFlight.set(video, false);
      try {
        await this.#requestCount(video);
        if (this.#inFlight.get(video) === false) break;
        attempts = 0;
      } catch {
        // No shared AbortSignal: its list of listeners would be searched for each wait.
        await wait(backoff.nextMs(), undefined, { ref: false });
      }
    }
    this.#inFlight.delete(video);
  }
}
