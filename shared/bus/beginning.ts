/** The beginning of a reading: what was there when it began, which is to be told from what follows. */
import type { OrderedRead } from "./ordered-consumer.ts";

/** So long may pass without a message before the reading is given up. */
const SILENCE_MS = 5_000;
const LOOK_EVERY_MS = 100;

/**
 * Tells when all of the beginning has come. A message says how many are still to come, but that
 * can't be relied on: of those that are erased before they are sent none says that it is the last,
 * and nats-server 2.9 goes on counting those that are replaced. So the server is asked as well.
 * Stops the reading if it falls silent before that.
 */
export class Beginning {
  readonly #read: Pick<OrderedRead, "progress">;
  readonly #onWhole: () => void;
  readonly #looks: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout;
  #came = 0;
  #isOver = false;

  /** @param onWhole called once; at once if there is nothing to come */
  constructor(read: Pick<OrderedRead, "initialCount" | "progress" | "stop">, onWhole: () => void) {
    this.#read = read;
    this.#onWhole = onWhole;
    this.#looks = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#silence = setTimeout(() => read.stop(), SILENCE_MS);
    if (read.initialCount === 0) this.#whole();
  }

  /** A message came. @param pending how many are still to come, by what it says */
  came(pending: number): void {
    this.#came += 1;
    this.#silence.refresh();
    if (pending === 0) this.#whole();
  }

  /** It isn't waited for any more. Safe to call twice. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#looks);
    clearTimeout(this.#silence);
  }

  async #look(): Promise<void> {
    // What can't be told now is asked again.
    const progress = await this.#read.progress().catch(() => undefined);
    if (progress?.pending === 0 && progress.sent <= this.#came) this.#whole();
  }

  #whole(): void {
    if (this.#isOver) return;
    this.end();
    this.#onWhole();
  }
}
