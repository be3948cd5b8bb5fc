/** Tells a screen reader of new comments, no more often than it can be listened to. */
import { h } from "./dom.ts";

const EVERY_MS = 5_000;
/** So many are read out; of more, the number. */
const READ_OUT = 2;

export class Announcer {
  readonly element = h("p", { class: "quiet", role: "status" });
  readonly #count: (n: number) => string;
  #lines: string[] = [];
  #arrived = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param count the text for so many comments */
  constructor(count: (n: number) => string) {
    this.#count = count;
  }

  /** Something to be read out soon. */
  add(lines: readonly string[]): void {
    this.#arrived += lines.length;
    this.#lines = [...this.#lines, ...lines].slice(-READ_OUT);
    this.#timer ??= setTimeout(() => this.#announce(), EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = [];
    this.#arrived = 0;
  }

  #announce(): void {
    const isFew = this.#arrived <= READ_OUT;
    this.element.textContent = isFew ? this.#lines.join("\n") : this.#count(this.#arrived);
    this.stop();
  }
}
