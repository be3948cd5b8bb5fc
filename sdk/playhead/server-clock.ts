/** The gateways' clock, as far as the times of events that arrive tell it. */

export class ServerClock {
  readonly #now: () => number;
  /** How far this clock is ahead, including the shortest way of an event; undefined: unknown. */
  #aheadMs: number | undefined;
  #isOld = false;

  /** @param now the time by the viewer's clock, in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The time there, or a little earlier, in milliseconds since 1970. */
  now(): number {
    return this.#now() - (this.#aheadMs ?? 0);
  }

  /** An event has arrived. @param at its time; of an older event it says little */
  heard(at: number): void {
    const ahead = this.#now() - at;
    const before = this.#isOld ? undefined : this.#aheadMs;
    this.#aheadMs = Math.min(before ?? ahead, ahead);
    this.#isOld = false;
  }

  /** The clocks may have been set: what is heard next counts. */
  restart(): void {
    this.#isOld = true;
  }
}
