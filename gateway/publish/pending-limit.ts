/** Counts the events that wait to be published at this gateway, over all connections and videos. */
import { OvationError } from "../../shared/protocol/errors.ts";

/** More are refused. */
export const PENDING_LIMIT = 100_000;

export class PendingLimit {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number = PENDING_LIMIT) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** How many wait, as a share of the limit. */
  get share(): number {
    return this.#count / this.#limit;
  }

  /** One more waits. @throws OvationError unavailable */
  add(): void {
    const limit = this.#limit;
    if (this.#count >= limit) {
      throw new OvationError("unavailable", `${limit} events wait already`, { limit });
    }
    this.#count += 1;
  }

  remove(count: number): void {
    this.#count -= count;
  }
}
