/**
 * A token bucket (RFC 2697 calls it a meter): tokens accumulate with time, up to a burst. Every
 * operation is arithmetic on two numbers.
 */

/** How many seconds' worth may be spent at once. */
export const BURST_SECONDS = 5;
/** What was spent elsewhere counts as debt, up to this many bursts. */
const DEBT_BURSTS = 8;

/** The rate at which a bucket fills. */
export interface Rate {
  /** The limit's name, in the metric. */
  readonly name: string;
  readonly perSecond: number;
  /** The most tokens that it holds. */
  readonly burst: number;
}

/** A rate that can be changed: whoever goes by it goes by the new one from then on. */
export interface ChangeableRate extends Rate {
  perSecond: number;
  burst: number;
}

export function rateOf(name: string, perSecond: number): ChangeableRate {
  return { name, perSecond, burst: BURST_SECONDS * perSecond };
}

export function changeRate(rate: ChangeableRate, perSecond: number): void {
  rate.perSecond = perSecond;
  rate.burst = BURST_SECONDS * perSecond;
}

export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  /** Starts full. @param now in milliseconds, by a monotonic clock, as all times here */
  constructor(rate: Rate, now: number) {
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /**
   * Takes `count`, or nothing at all.
   * @returns 0 when they were taken, else in how many milliseconds they will be available
   */
  take(rate: Rate, count: number, now: number): number {
    const waitMs = this.waitMs(rate, count, now);
    if (waitMs === 0) this.#tokens -= count;
    return waitMs;
  }

  /**
   * As {@link take}, but a full bucket is enough for any count: what is beyond the burst becomes
   * debt.
   */
  takeAny(rate: Rate, count: number, now: number): number {
    const waitMs = this.waitMs(rate, Math.min(count, rate.burst), now);
    if (waitMs === 0) this.#tokens = Math.max(-DEBT_BURSTS * rate.burst, this.#tokens - count);
    return waitMs;
  }

  /** In how many milliseconds `count` will be available; 0 when they are. Takes nothing. */
  waitMs(rate: Rate, count: number, now: number): number {
    this.#fill(rate, now);
    if (this.#tokens >= count) return 0;
    return Math.ceil(((count - this.#tokens) / rate.perSecond) * 1_000);
  }

  /** Puts back tokens that were taken for a refused event. */
  giveBack(rate: Rate, count: number): void {
    this.#tokens = Math.min(rate.burst, this.#tokens + count);
  }

  /** Takes `count` whether they are available or not: the rest counts as debt, up to a limit. */
  charge(rate: Rate, count: number, now: number): void {
    this.#fill(rate, now);
    this.#tokens = Math.max(-DEBT_BURSTS * rate.burst, this.#tokens - count);
  }

  /** The available tokens; below 0 in debt. */
  tokens(rate: Rate, now: number): number {
    this.#fill(rate, now);
    return this.#tokens;
  }

  isFull(rate: Rate, now: number): boolean {
    return this.tokens(rate, now) >= rate.burst;
  }

  #fill(rate: Rate, now: number): void {
    const gained = ((now - this.#filledAt) / 1_000) * rate.perSecond;
    this.#tokens = Math.min(rate.burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}
