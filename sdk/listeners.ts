/** The application's listeners of one value. */
import { check } from "./arguments.ts";

/** Calls an application's listener. What it throws is reported as uncaught, and stops nothing here. */
export function notify<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export class Listeners<T> {
  /** One object for each `add`, so that the same function may be added twice. */
  readonly #all = new Set<{ readonly listener: (value: T) => void }>();
  readonly #unheard: (value: T) => void;

  /** @param unheard gets the values that no listener gets */
  constructor(unheard: (value: T) => void) {
    this.#unheard = unheard;
  }

  /**
   * Returns a function that removes the listener.
   * @throws TypeError when it is not a function
   */
  add(listener: (value: T) => void): () => void {
    check("listener", listener, "function");
    const entry = { listener };
    this.#all.add(entry);
    return () => {
      this.#all.delete(entry);
    };
  }

  /** Bound: may be passed as a function. */
  readonly emit = (value: T): void => {
    if (this.#all.size === 0) this.#unheard(value);
    for (const entry of [...this.#all]) {
      // Another listener may have removed this one.
      if (this.#all.has(entry)) notify(entry.listener, value);
    }
  };
}
