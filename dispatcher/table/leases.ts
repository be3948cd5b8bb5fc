/**
 * Which gateways are alive, by when our own clock saw a sign of life. The signs carry no time, so a
 * wrong clock on another machine can't end or prolong a lease.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

interface Lease {
  /** The newest sign of life; empty when only the gateway's rows were seen so far. */
  sign: string;
  seenAt: number;
}

export class Leases {
  readonly #leaseMs: number;
  readonly #now: MonotonicClock;
  readonly #leases = new Map<string, Lease>();

  constructor(leaseMs: number, now: MonotonicClock) {
    this.#leaseMs = leaseMs;
    this.#now = now;
  }

  get count(): number {
    return this.#leases.size;
  }

  /** A sign of life: any text that differs from the one before. The same text again is none. */
  renew(gateway: string, sign: string): void {
    const lease = this.#leases.get(gateway);
    if (lease === undefined) this.#leases.set(gateway, { sign, seenAt: this.#now() });
    else if (lease.sign !== sign) {
      lease.sign = sign;
      lease.seenAt = this.#now();
    }
  }

  /** A row of the gateway was seen: without a sign of life so far, it has one lease time for it. */
  expect(gateway: string): void {
    if (!this.#leases.has(gateway)) {
      this.#leases.set(gateway, { sign: "", seenAt: this.#now() });
    }
  }

  forget(gateway: string): void {
    this.#leases.delete(gateway);
  }

  sign(gateway: string): string {
    return this.#leases.get(gateway)?.sign ?? "";
  }

  /** Gives every lease its full time again: while we were cut off we could not see a sign. */
  restartClocks(): void {
    const now = this.#now();
    for (const lease of this.#leases.values()) lease.seenAt = now;
  }

  /** Gateways that showed no sign of life for a lease time. */
  expired(): string[] {
    const since = this.#now() - this.#leaseMs;
    return [...this.#leases].filter(([, { seenAt }]) => seenAt < since).map(([gateway]) => gateway);
  }

  /** Age of the oldest sign of life, in milliseconds. */
  oldestAgeMs(): number {
    const now = this.#now();
    let oldest = 0;
    for (const lease of this.#leases.values()) oldest = Math.max(oldest, now - lease.seenAt);
    return oldest;
  }

  gateways(): IterableIterator<string> {
    return this.#leases.keys();
  }
}
