/** Requests that wait for an answer from NATS; they fail at once when the connection is lost. */
import { OvationError } from "../protocol/errors.ts";

export class InFlight {
  /** Callbacks that reject the requests. */
  readonly #waiting = new Set<() => void>();
  #whenIdle: (() => void) | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws OvationError `timeout` when the connection was lost */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = () => reject(new OvationError("timeout", "the connection to NATS was lost"));
      this.#waiting.add(lost);
      work()
        .then(resolve, reject)
        .finally(() => {
          this.#waiting.delete(lost);
          if (this.#waiting.size === 0) this.#whenIdle?.();
        });
    });
  }

  /** The connection was lost: no answer can arrive any more. */
  fail(): void {
    for (const lost of [...this.#waiting]) lost();
  }

  /** Resolves as soon as no request is in flight. */
  async idle(): Promise<void> {
    if (this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    this.#whenIdle = undefined;
  }
}
