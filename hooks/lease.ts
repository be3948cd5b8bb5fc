/**
 * Which of several instances works: the one that holds the lease in the bucket `ov_hooks`. The holder
 * renews it over its own revision, so it learns when another has taken it; the others measure by their
 * own clock how long it has not changed.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Bucket } from "../shared/bus/bucket.ts";
import { RevisionConflict } from "../shared/bus/conflict.ts";
import { decodeHooksLease, encodeProgress, LEASE_KEY } from "../shared/protocol/hooks/progress.ts";
import type { MonotonicClock } from "../shared/runtime/lifecycle.ts";
import type { Log } from "../shared/runtime/log.ts";

/** Renewals within the time that a lease holds: three may be lost. */
const RENEWALS = 5;
/** The share of that time after which a holder that can't renew stops: before others take over. */
const GIVE_UP_SHARE = 0.6;

interface LeaseOptions {
  readonly bucket: Pick<Bucket, "get" | "put" | "remove">;
  /** The instance's id. */
  readonly holder: string;
  readonly leaseMs: number;
  readonly now: MonotonicClock;
  /** The work of the holder; resolves when it has stopped, soon after the signal. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

export class Lease {
  readonly #options: LeaseOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #term: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  /** The lease as it was last seen: its revision, and since when it is that. */
  #seen = { revision: -1, since: 0 };
  /** The revision that is ours, while we hold it. */
  #own = 0;
  #renewals = 0;
  #renewedAt = 0;
  #holder: string | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#term !== undefined;
  }

  /** The instance that works, as far as this one knows. */
  get holder(): string | undefined {
    return this.#holder;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Stops the work, and lets another instance begin at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    const wasHeld = this.isHeld;
    await this.#end();
    if (!wasHeld) return;
    await this.#options.bucket.remove(LEASE_KEY, this.#own).catch((err: unknown) => {
      this.#options.log.debug({ err }, "the lease can't be given back: it will expire");
    });
  }

  async #run(): Promise<void> {
    const { leaseMs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await (this.isHeld ? this.#renew() : this.#compete());
      await wait(leaseMs / RENEWALS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #renew(): Promise<void> {
    const { now, leaseMs, log } = this.#options;
    try {
      const began = now();
      this.#own = await this.#put(this.#own);
      this.#renewedAt = began;
    } catch (err) {
      const isTaken = err instanceof RevisionConflict;
      if (!isTaken && now() - this.#renewedAt < GIVE_UP_SHARE * leaseMs) return;
      log.warn({ err }, isTaken ? "another instance works" : "the lease can't be renewed");
      await this.#end();
    }
  }

  async #compete(): Promise<void> {
    const { bucket, now, leaseMs, log } = this.#options;
    try {
      const entry = await bucket.get(LEASE_KEY);
      const revision = entry?.revision ?? 0;
      const isFree = entry?.value === undefined;
      this.#holder = decodeHooksLease(entry?.value)?.holder;
      if (revision !== this.#seen.revision) this.#seen = { revision, since: now() };
      if (!isFree && now() - this.#seen.since < leaseMs) return;
      const began = now();
      this.#own = await this.#put(revision);
      this.#renewedAt = began;
      this.#begin();
    } catch (err) {
      if (!(err instanceof RevisionConflict)) log.debug({ err }, "the lease can't be read");
    }
  }

  async #put(over: number): Promise<number> {
    const { bucket, holder, leaseMs } = this.#options;
    this.#renewals += 1;
    const value = encodeProgress({ holder, renewals: this.#renewals });
    return await bucket.put(LEASE_KEY, value, over, Math.ceil((GIVE_UP_SHARE * leaseMs) / 2));
  }

  #begin(): void {
    const { work, holder, log } = this.#options;
    log.info("this instance works");
    this.#holder = holder;
    const abort = new AbortController();
    const done = work(abort.signal).catch((err: unknown) => log.error({ err }, "the work failed"));
    this.#term = { abort, done };
  }

  async #end(): Promise<void> {
    const term = this.#term;
    if (term === undefined) return;
    this.#term = undefined;
    term.abort.abort();
    await term.done;
  }
}
