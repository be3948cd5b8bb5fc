/** A live value that begins with its first listener, and ends soon after its last one. */
import type { LiveValue } from "../live-value.ts";

export abstract class Source<T> implements LiveValue<T> {
  readonly #initial: T;
  #current: T;
  #isKnown = false;
  /** One object for each `onChange`, so that the same function may be added twice. */
  readonly #listeners = new Set<{ readonly listener: (value: T) => void }>();
  #offs: readonly (() => void)[] | undefined;

  constructor(initial: T) {
    this.#initial = initial;
    this.#current = initial;
  }

  get current(): T {
    return this.#current;
  }

  onChange(listener: (value: T) => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    this.#offs ??= this.follow();
    // Later, so that the caller has what is returned before the first call.
    queueMicrotask(() => {
      if (this.#isKnown && this.#listeners.has(entry)) listener(this.#current);
    });
    return () => {
      this.#listeners.delete(entry);
      // A page that renders again removes its listeners and adds others in the same turn.
      setTimeout(() => this.#stopIfEmpty());
    };
  }

  /** Begins. @returns what ends it */
  protected abstract follow(): readonly (() => void)[];

  /** Shows a value. */
  protected set(value: T): void {
    if (this.#isKnown && JSON.stringify(value) === JSON.stringify(this.#current)) return;
    this.#isKnown = true;
    this.#current = value;
    for (const entry of [...this.#listeners]) {
      // Another listener may have removed this one.
      if (this.#listeners.has(entry)) entry.listener(value);
    }
  }

  #stopIfEmpty(): void {
    if (this.#listeners.size > 0 || this.#offs === undefined) return;
    for (const off of this.#offs) off();
    this.#offs = undefined;
    this.#isKnown = false;
    this.#current = this.#initial;
  }
}
