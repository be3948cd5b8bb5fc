/** What a bucket or stream held when reading it began, as opposed to what changes after that. */
import type { OrderedRead } from "./ordered-consumer.ts";

/** If no message comes for this long, the read is given up. */
const SILENCE_MS = 5_000;
const POLL_EVERY_MS = 100;

type Watched = Pick<OrderedRead, "initialCount" | "isReplaceable" | "progress" | "stop">;

/**
 * Tells when the initial snapshot is complete, and stops the read if it falls silent before that.
 *
 * Each message says how many are still to come, but that alone can't be relied on: when messages are
 * erased before they are sent, none says that it is the last, and nats-server 2.9 goes on counting
 * those that are replaced. So the server is asked as well.
 *
 * A message that is being replaced is not counted for a moment: the old one no longer, the new one
 * not yet. So where messages may be replaced, the snapshot is complete when it has seemed so once
 * and the server, asked after that, has no more to send than was received. An entry that is replaced
 * in both of these moments is reported as a change.
 */
export class InitialSnapshot {
  readonly #read: Watched;
  readonly #onComplete: () => void;
  #poll: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #received = 0;
  /** It has seemed once that nothing is still to come. */
  #seemedComplete = false;
  /** With this many messages it is complete, as the server said after it had seemed so. */
  #expected = Number.POSITIVE_INFINITY;
  #isAsking = false;
  #isOver = false;

  constructor(read: Watched, onComplete: () => void) {
    this.#read = read;
    this.#onComplete = onComplete;
  }

  /** Calls `onComplete` once, and at once if nothing is to come and nothing can be replaced. */
  start(): void {
    this.#poll = setInterval(() => void this.#ask(), POLL_EVERY_MS);
    this.#silence = setTimeout(() => this.#read.stop(), SILENCE_MS);
    if (this.#read.initialCount === 0) this.#seemsComplete();
  }

  /** A message was received. @param pending how many are still to come, by what it says */
  received(pending: number): void {
    this.#received += 1;
    this.#silence?.refresh();
    if (this.#received >= this.#expected) this.#complete();
    else if (pending === 0) this.#seemsComplete();
  }

  /** Nobody waits for it any more. Safe to call twice. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#poll);
    clearTimeout(this.#silence);
  }

  #seemsComplete(): void {
    if (!this.#read.isReplaceable) return this.#complete();
    if (this.#seemedComplete) return;
    this.#seemedComplete = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    const isSecond = this.#seemedComplete;
    // Without an answer, the next poll asks again.
    const progress = await this.#read.progress().catch(() => undefined);
    this.#isAsking = false;
    if (progress === undefined || this.#isOver) return;
    const expected = progress.sent + progress.pending;
    if (!isSecond) {
      if (this.#received >= expected) this.#seemsComplete();
      // It may have seemed so meanwhile.
      if (this.#seemedComplete) void this.#ask();
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
