/** The beginning of a reading: what was there when it began, which is to be told from what follows. */
import type { OrderedRead } from "./ordered-consumer.ts";

/** So long may pass without a message before the reading is given up. */
const SILENCE_MS = 5_000;
const LOOK_EVERY_MS = 100;

type Watched = Pick<OrderedRead, "initialCount" | "isReplaceable" | "progress" | "stop">;

/**
 * Tells when all of the beginning has come. A message says how many are still to come, but that
 * can't be relied on: of those that are erased before they are sent none says that it is the last,
 * and nats-server 2.9 goes on counting those that are replaced. So the server is asked as well.
 * Stops the reading if it falls silent before that.
 *
 * A message that is being replaced isn't counted for a moment: the old one not any more, the new
 * one not yet. So where messages may be replaced, the beginning is whole when it seemed so and the
 * server, asked after that, has no more to send than has come. An entry that is replaced in both of
 * these moments is told as a change.
 */
export class Beginning {
  readonly #read: Watched;
  readonly #onWhole: () => void;
  readonly #looks: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout;
  #came = 0;
  /** It was seen once that nothing is still to come. */
  #seemedWhole = false;
  /** With so many messages all has come, by what the server said after it had seemed whole. */
  #due = Number.POSITIVE_INFINITY;
  #isLooking = false;
  #isOver = false;

  /** @param onWhole called once; at once if there is nothing to come and nothing is replaced */
  constructor(read: Watched, onWhole: () => void) {
    this.#read = read;
    this.#onWhole = onWhole;
    this.#looks = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#silence = setTimeout(() => read.stop(), SILENCE_MS);
    if (read.initialCount === 0) this.#seemsWhole();
  }

  /** A message came. @param pending how many are still to come, by what it says */
  came(pending: number): void {
    this.#came += 1;
    this.#silence.refresh();
    if (this.#came >= this.#due) this.#whole();
    else if (pending === 0) this.#seemsWhole();
  }

  /** It isn't waited for any more. Safe to call twice. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#looks);
    clearTimeout(this.#silence);
  }

  #seemsWhole(): void {
    if (!this.#read.isReplaceable) return this.#whole();
    if (this.#seemedWhole) return;
    this.#seemedWhole = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#isOver) return;
    this.#isLooking = true;
    const isSecond = this.#seemedWhole;
    // What can't be told now is asked again.
    const progress = await this.#read.progress().catch(() => undefined);
    this.#isLooking = false;
    if (progress === undefined || this.#isOver) return;
    const due = progress.sent + progress.pending;
    if (!isSecond) {
      if (this.#came >= due) this.#seemsWhole();
      // It may have seemed so meanwhile.
      if (this.#seemedWhole) void this.#look();
      return;
    }
    this.#due = due;
    if (this.#came >= due) this.#whole();
  }

  #whole(): void {
    if (this.#isOver) return;
    this.end();
    this.#onWhole();
  }
}
