/**
 * Likes at a given rate: a part from the guests' own sockets, one by one, as viewers like; the rest
 * in lists over HTTP, as a backend passes on what it has stored.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

/** The most that guests give themselves, together. */
const FROM_GUESTS_PER_SECOND = 100;
/** The most in one list; the protocol takes 1,000. */
const LIST_LIMIT = 500;
/** Lists that may wait for their answer; likes beyond are let go, as after an outage. */
const UNANSWERED_LIMIT = 8;
const ANSWER_MS = 5_000;

interface LikesOptions {
  readonly url: string;
  readonly video: string;
  readonly now: MonotonicClock;
  /** A guest gives one. False when there is none who could. */
  readonly likeFromGuest: () => boolean;
}

export class Likes {
  readonly #options: LikesOptions;
  #perSecond = 0;
  #before: number;
  #owedByGuests = 0;
  #owed = 0;
  #unanswered = 0;

  constructor(options: LikesOptions) {
    this.#options = options;
    this.#before = options.now();
  }

  setRate(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  /** Gives what is due since it was called last. */
  give(): void {
    const now = this.#options.now();
    // After a pause of the whole process, what was due meanwhile is not made up for.
    const seconds = Math.min(0.25, (now - this.#before) / 1_000);
    this.#before = now;
    const fromGuests = Math.min(this.#perSecond, FROM_GUESTS_PER_SECOND);
    this.#owedByGuests += fromGuests * seconds;
    this.#owed += (this.#perSecond - fromGuests) * seconds;
    for (; this.#owedByGuests >= 1; this.#owedByGuests -= 1) {
      if (!this.#options.likeFromGuest()) this.#owed += 1;
    }
    while (this.#owed >= 1) {
      const count = Math.min(LIST_LIMIT, Math.floor(this.#owed));
      this.#owed -= count;
      if (this.#unanswered < UNANSWERED_LIMIT) void this.#post(count);
    }
  }

  async #post(count: number): Promise<void> {
    const { url, video } = this.#options;
    this.#unanswered += 1;
    try {
      const answer = await fetch(`${url}/v1/videos/${video}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(Array.from({ length: count }, () => ({ kind: "like" }))),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      // Read to its end, so that the connection can be used again.
      await answer.arrayBuffer();
    } catch {
      // Its gateway has just gone. A like is not worth a repeat.
    } finally {
      this.#unanswered -= 1;
    }
  }
}
