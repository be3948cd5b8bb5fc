/**
 * This gateway's lease. Every write requires the revision of the previous one, so that a gateway
 * notices when others ended its lease, or when the bucket was created again.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import { encodeLease, type GatewayDescription } from "../../shared/protocol/table.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

interface LeaseOptions {
  readonly bucket: Bucket;
  readonly gateway: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  /** How long a renewal may take before another is tried. */
  readonly putTimeoutMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
  /** What others can read about this gateway. */
  readonly describe: () => GatewayDescription;
  /** Others may have considered this gateway dead and removed its rows. */
  readonly onLost: () => void;
}

export class Lease {
  readonly #options: LeaseOptions;
  #revision = 0;
  #renewals = 0;
  #renewedAt = 0;
  #busy: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** The last value written, whether or not that was confirmed. */
  #written = "";
  /** Times the lease turned out to be ended by others or expired, and failed renewals. */
  readonly stats = { lost: 0, failures: 0 };

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Milliseconds since the last confirmed renewal. */
  get ageMs(): number {
    return this.#options.now() - this.#renewedAt;
  }

  /**
   * Acquires the lease, retrying until that succeeds.
   * @throws RevisionConflict when another gateway has this id
   */
  async start(): Promise<void> {
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    /** Values that may have been written, although no answer confirmed it. */
    const unconfirmed = new Set<string>();
    while (!this.#ended && !(await this.#acquire(unconfirmed))) {
      if (this.stats.failures === 1)
        this.#options.log.warn("waiting for JetStream to acquire the lease");
      await wait(backoff.nextMs());
    }
    if (this.#ended) return;
    this.#timer = setInterval(() => void this.renew(), this.#options.renewMs);
  }

  /** Renews now, or waits for the renewal in progress. */
  async renew(): Promise<void> {
    this.#busy ??= this.#renew().finally(() => {
      this.#busy = undefined;
    });
    await this.#busy;
  }

  /** Waits for a renewal in progress, which may have been lost, and renews again. */
  async renewAgain(): Promise<void> {
    await this.#busy;
    await this.renew();
  }

  /** Releases the lease: dispatchers stop counting on this gateway at once. */
  async end(): Promise<void> {
    this.stop();
    await this.#busy;
    await this.#options.bucket.remove(this.#options.gateway);
  }

  stop(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    if (this.#ended) return;
    const wasLate = this.ageMs > this.#options.leaseMs;
    try {
      await this.#put(this.#revision);
    } catch (error) {
      if (!(error instanceof RevisionConflict)) return this.#failed(error);
      return this.#reacquire();
    }
    if (wasLate) this.#lost("it was renewed too late");
  }

  /** One attempt to acquire the lease; true when it is ours. */
  async #acquire(unconfirmed: Set<string>): Promise<boolean> {
    const { bucket, gateway } = this.#options;
    try {
      const newest = unconfirmed.size === 0 ? undefined : await bucket.get(gateway);
      const isOwn = newest?.value && unconfirmed.has(Buffer.from(newest.value).toString());
      await this.#put(isOwn ? newest.revision : 0);
      return true;
    } catch (error) {
      if (error instanceof RevisionConflict) throw error;
      unconfirmed.add(this.#written);
      this.#failed(error);
      return false;
    }
  }

  /** Our entry was changed: it was removed as dead, or the bucket was created again. */
  async #reacquire(): Promise<void> {
    const { bucket, gateway } = this.#options;
    try {
      // A removal has a revision too, and the next entry must follow that one.
      const newest = await bucket.get(gateway);
      await this.#put(newest?.revision ?? 0);
    } catch (error) {
      return this.#failed(error);
    }
    this.#lost("others had ended it");
  }

  #lost(why: string): void {
    this.stats.lost += 1;
    this.#options.log.warn({ why }, "the lease was lost; acquiring it again");
    this.#options.onLost();
  }

  #failed(error: unknown): void {
    this.stats.failures += 1;
    this.#options.log.debug({ err: error }, "the lease could not be renewed");
  }

  async #put(revision: number): Promise<void> {
    const { bucket, gateway, describe, now, putTimeoutMs } = this.#options;
    this.#renewals += 1;
    const value = encodeLease({ renewals: this.#renewals, ...describe() });
    this.#written = value.toString();
    this.#revision = await bucket.put(gateway, value, revision, putTimeoutMs);
    this.#renewedAt = now();
  }
}
