/**
 * Likes at a given rate: some over the viewers' own sockets, one by one, as viewers like; the rest
 * in batches over HTTP, as a backend forwards what it has stored.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

/** The most likes that all viewers together send over their sockets. */
const FROM_VIEWERS_PER_SECOND = 100;
/** The most likes in one batch; the protocol accepts 1,000. */
const BATCH_LIMIT = 500;
/** Batches that may wait for their answer; further likes are dropped, as after an outage. */
const UNANSWERED_LIMIT = 8;
const ANSWER_MS = 5_000;

interface LikesOptions {
  readonly url: string;
  readonly video: string;
  readonly token: string | undefined;
  readonly now: MonotonicClock;
  /** Sends a like from a viewer. False when none is connected. */
  readonly likeFromViewer: () => boolean;
}

export class Likes {
  readonly #options: LikesOptions;
  #perSecond = 0;
  #before: number;
  #pendingFromViewers = 0;
  #pending = 0;
  #unanswered = 0;

  constructor(options: LikesOptions) {
    this.#options = options;
    this.#before = options.now();
  }

  setRate(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  /** Publishes the likes for the time since the last call. */
  publish(): void {
    const now = this.#options.now();
    // After a pause of the whole process, the missed likes are not made up for.
    const seconds = Math.min(0.25, (now - this.#before) / 1_000);
    this.#before = now;
    const fromViewers = Math.min(this.#perSecond, FROM_VIEWERS_PER_SECOND);
    this.#pendingFromViewers += fromViewers * seconds;
    this.#pending += (this.#perSecond - fromViewers) * seconds;
    for (; this.#pendingFromViewers >= 1; this.#pendingFromViewers -= 1) {
      if (!this.#options.likeFromViewer()) this.#pending += 1;
    }
    while (this.#pending >= 1) {
      const count = Math.min(BATCH_LIMIT, Math.floor(this.#pending));
      this.#pending -= count;
      if (this.#unanswered < UNANSWERED_LIMIT) void this.#post(count);
    }
  }

  async #post(count: number): Promise<void> {
    const { url, video, token } = this.#options;
    this.#unanswered += 1;
    try {
      const answer = await fetch(`${url}/v1/videos/${video}/events`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(Array.from({ length: count }, () => ({ kind: "like" }))),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      // Read to its end, so that the connection can be reused.
      await answer.arrayBuffer();
    } catch {
      // The gateway has just gone. A like is not worth a retry.
    } finally {
      this.#unanswered -= 1;
    }
  }
}
