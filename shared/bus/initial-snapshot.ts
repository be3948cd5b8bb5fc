/** What a bucket or stream held when a read started, as opposed to later changes. */
import type { OrderedRead } from "./ordered-consumer.ts";

/** If no message arrives for this long, the read is stopped. */
const SILENCE_MS = 5_000;
const POLL_EVERY_MS = 100;

type Watched = Pick<OrderedRead, "initialCount" | "isReplaceable" | "progress" | "stop">;

/**
 * Detects when the initial snapshot is complete, and stops the read if it falls silent before that.
 *
 * Each message says how many are still pending, but that alone isn't reliable: when messages are
 * erased before they are sent, none says that it is the last, and nats-server 2.9 keeps counting
 * replaced ones. So the server's own progress is polled as well.
 *
 * A message that is being replaced is briefly not counted: the old one no longer, the new one not
 * yet. So where messages may be replaced, the snapshot is complete when it has seemed complete once
 * and the server, polled after that, has no more to send than was received. An entry that is being
 * replaced at both times is reported as a change.
 */
export class InitialSnapshot {
  readonly #read: Watched;
  readonly #onComplete: () => void;
  #pollTimer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #received = 0;
  /** At some time, nothing seemed to be pending. */
  #seemedComplete = false;
  /** The number of messages that completes it, as the server reported after it had seemed complete. */
  #expected = Number.POSITIVE_INFINITY;
  #isPolling = false;
  #isOver = false;

  constructor(read: Watched, onComplete: () => void) {
    this.#read = read;
    this.#onComplete = onComplete;
  }

  /** Calls `onComplete` once, and at once if nothing is pending and nothing can be replaced. */
  start(): void {
    this.#pollTimer = setInterval(() => void this.#checkProgress(), POLL_EVERY_MS);
    this.#silence = setTimeout(() => this.#read.stop(), SILENCE_MS);
    if (this.#read.initialCount === 0) this.#seemsComplete();
  }

  /** A message was received. @param pending how many more it says are pending */
  received(pending: number): void {
    this.#received += 1;
    this.#silence?.refresh();
    if (this.#received >= this.#expected) this.#complete();
    else if (pending === 0) this.#seemsComplete();
  }

  /** Stops; `onComplete` is not called any more. Safe to call twice. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#pollTimer);
    clearTimeout(this.#silence);
  }

  #seemsComplete(): void {
    if (!this.#read.isReplaceable) return this.#complete();
    if (this.#seemedComplete) return;
    this.#seemedComplete = true;
    void this.#checkProgress();
  }

  async #checkProgress(): Promise<void> {
    if (this.#isPolling || this.#isOver) return;
    this.#isPolling = true;
    const isSecond = this.#seemedComplete;
    // Without an answer, the next poll tries again.
    const progress = await this.#read.progress().catch(() => undefined);
    this.#isPolling = false;
    if (progress === undefined || this.#isOver) return;
    const expected = progress.sent + progress.pending;
    if (!isSecond) {
      if (this.#received >= expected) this.#seemsComplete();
      // It may have seemed complete meanwhile.
      if (this.#seemedComplete) void this.#checkProgress();
      return;
    }
    this.#expected = expected;
    if (this.#received >= expected) this.#complete();
  }

  #complete(): void {
    if (this.#isOver) return;
    this.end();
    this.#onComplete();
  }
}
