/** Who wants to be told. */
import { check } from "./arguments.ts";

/** Calls a listener of the application's. Its faults are to be seen, but stop nothing here. */
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

  /** @param unheard is told what nobody listens to */
  constructor(unheard: (value: T) => void) {
    this.#unheard = unheard;
  }

  /**
   * Returns what removes it.
   * @throws TypeError when it is no function
   */
  add(listener: (value: T) => void): () => void {
    check("listener", listener, "function");
    const entry = { listener };
    this.#all.add(entry);
    return () => {
      this.#all.delete(entry);
    };
  }

  /** May be passed on as a function. */
  readonly tell = (value: T): void => {
    if (this.#all.size === 0) this.#unheard(value);
    for (const entry of [...this.#all]) {
      // One that was removed by another one is not told any more.
      if (this.#all.has(entry)) notify(entry.listener, value);
    }
  };
}
