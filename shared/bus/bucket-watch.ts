/**
 * Follows a bucket by what its stream republishes: each change, with its sequence. A sequence that
 * is missing, or that the stream has and we don't get, ends the watch; its owner starts another.
 */
import { Readable } from "node:stream";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, Subscription } from "nats";
import { type BucketEntry, bucketEntryOf } from "./bucket-entry.ts";
import type { Bus } from "./connection.ts";
import { readNewest } from "./read-newest.ts";
import { readRanges } from "./read-ranges.ts";

const POLL_EVERY_MS = 1_000;
/** Polls in a row that may fail. */
const FAILURES_LIMIT = 1;
/** Polls in a row at which changes may be missing and none has arrived: late ones do arrive. */
const STALLS_LIMIT = 3;

/** A change, as it arrived. */
export interface WatchedEntry extends BucketEntry {
  /**
   * When the server stored it, in milliseconds since 1970; nats-server 2.9 doesn't say, and it is
   * NaN then.
   */
  readonly storedAt: number;
}

export interface BucketWatch {
  /** Identifies the bucket's incarnation: it changes when the bucket is deleted and recreated. */
  readonly incarnation: string;
  /** The entries at the start, by key. */
  readonly initial: ReadonlyMap<string, BucketEntry>;
  /** Each change after that; ends when one may be missing. */
  readonly changes: AsyncIterable<WatchedEntry>;
  /** Safe to call twice. */
  stop(): void;
}

interface WatchOptions {
  readonly bus: Bus;
  readonly manager: JetStreamManager;
  readonly stream: string;
  /** What precedes the key in a message's subject, where it is stored and where it is republished. */
  readonly prefix: string;
  readonly changes: string;
  /** Whether it may have more entries than can be asked for one by one. */
  readonly isLarge: boolean;
}

class Changes {
  readonly queue = new Readable({ objectMode: true, read: () => undefined });
  readonly #options: WatchOptions;
  /** Those that arrive during the read. */
  #early: WatchedEntry[] | undefined = [];
  #initial: ReadonlyMap<string, BucketEntry> = new Map();
  #incarnation = "";
  #next = 0;
  /** What was next at the previous poll. */
  #nextAtPoll = 0;
  #stalls = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #subscription: Subscription | undefined;
  #isOver = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Reads the bucket; what arrived meanwhile follows. */
  async start(): Promise<Pick<BucketWatch, "incarnation" | "initial">> {
    const { bus, manager, stream, prefix, changes, isLarge } = this.#options;
    this.#subscription = bus.connection.subscribe(`${changes}>`, {
      callback: (error, message) => {
        if (error === null) this.#received(message);
        else this.stop();
      },
    });
    await bus.flush();
    const { incarnation, lastSequence, entries } = isLarge
      ? await readRanges({ bus, manager, stream, prefix })
      : await readNewest(manager, stream, prefix, ">");
    this.#incarnation = incarnation;
    this.#initial = entries;
    this.#next = lastSequence + 1;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const entry of early) this.#take(entry);
    this.#schedulePoll();
    return { incarnation, initial: entries };
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#subscription?.isClosed() === false) this.#subscription.unsubscribe();
    this.queue.push(null);
  }

  #received(message: Msg): void {
    const { headers, subject, data } = message;
    const entry = {
      ...bucketEntryOf(
        subject.slice(this.#options.changes.length),
        headers,
        data,
        Number(headers?.get("Nats-Sequence")),
      ),
      storedAt: Date.parse(headers?.get("Nats-Time-Stamp") ?? ""),
    };
    if (this.#early === undefined) this.#take(entry);
    else this.#early.push(entry);
  }

  #take(entry: WatchedEntry): void {
    const { key, revision } = entry;
    if (this.#isOver || revision < this.#next) return;
    if (revision !== this.#next) return this.stop();
    this.#next += 1;
    // The read may have found it already, or a newer one.
    if (revision > (this.#initial.get(key)?.revision ?? 0)) this.queue.push(entry);
  }

  #schedulePoll(): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      void this.#poll().finally(() => this.#schedulePoll());
    }, POLL_EVERY_MS);
  }

  async #poll(): Promise<void> {
    const { bus, manager, stream } = this.#options;
    if (bus.state !== "connected") return;
    // Changes overtake the answer, so only what had arrived before must be in it.
    const arrived = this.#next - 1;
    const info = await manager.streams.info(stream).catch(() => undefined);
    if (this.#isOver) return;
    if (info === undefined) {
      this.#failures += 1;
      if (this.#failures > FAILURES_LIMIT) this.stop();
      return;
    }
    this.#failures = 0;
    const { created, state } = info;
    // A server that lost its newest writes will give their sequences to others.
    if (String(created) !== this.#incarnation || state.last_seq < arrived) return this.stop();
    const isStalled = state.last_seq >= this.#next && this.#next === this.#nextAtPoll;
    this.#stalls = isStalled ? this.#stalls + 1 : 0;
    this.#nextAtPoll = this.#next;
    if (this.#stalls >= STALLS_LIMIT) this.stop();
  }
}

/**
 * Reads a bucket, and follows it from there on.
 * @throws Error of the client: no such bucket, or no answer
 */
export async function watchBucket(options: WatchOptions): Promise<BucketWatch> {
  const changes = new Changes(options);
  try {
    const start = await changes.start();
    return { ...start, changes: changes.queue, stop: () => changes.stop() };
  } catch (error) {
    changes.stop();
    throw error;
  }
}
