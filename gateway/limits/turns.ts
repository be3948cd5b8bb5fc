/**
 * Long pieces of work, one for each turn of the event loop: sockets are served between them, however
 * many arrive together.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when the caller may do one piece of work; in the order of the calls. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}
