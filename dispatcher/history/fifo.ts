/** A first-in-first-out list that can be looked into from its head. */
const COMPACT_FROM = 1_024;

export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The item so many places behind the head. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  /** Lets go of so many items at the head. */
  drop(count: number): void {
    this.#head += count;
    if (this.#head === this.#items.length) this.#items = [];
    else if (this.#head >= COMPACT_FROM && 2 * this.#head >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
    } else return;
    this.#head = 0;
  }
}
