/**
 * Stores what changed in many documents, each at most once an interval. While the store can't be
 * used, changes are added up in memory, within a bound, and stored when it is back.
 */
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { DocumentWriter, type DocumentWriterOptions, type Marked } from "./document-writer.ts";

/** Documents that are written at once; one while the store fails. */
const AT_ONCE = 64;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Documents whose time has come are collected for so long: they go in one write to the socket. */
const TICK_MS = 50;

export interface WriteBehindOptions<Document extends Marked, Change>
  extends Omit<DocumentWriterOptions<Document, Change>, "stats" | "nextNumber"> {
  /** The documents in the log. */
  readonly name: string;
  readonly intervalMs: number;
  /** Documents that may have changes that aren't stored yet. */
  readonly limit: number;
  /** Documents that are remembered while nothing changes. */
  readonly idleLimit: number;
  readonly newChange: () => Change;
  /** Completes the changes of a document that are about to be stored. */
  readonly beforeStore?: (key: string, change: Change) => void;
  readonly onStored?: (key: string, document: Document) => void;
  readonly now: MonotonicClock;
  readonly log: Log;
}

interface Entry<Document extends Marked, Change> {
  readonly writer: DocumentWriter<Document, Change>;
  /** What changed since the last write was begun. */
  change: Change | undefined;
  dueAt: number;
  /** Those who wait for the next write. */
  waiting: PromiseWithResolvers<Document>[];
}

export class WriteBehind<Document extends Marked, Change> {
  /** `dropped`: changes of documents beyond the limit. */
  readonly stats = { reads: 0, writes: 0, conflicts: 0, unknown: 0, failures: 0, dropped: 0 };
  readonly #options: WriteBehindOptions<Document, Change>;
  readonly #writerOptions: DocumentWriterOptions<Document, Change>;
  /** With changes that wait for their time, roughly in its order. */
  readonly #queue = new Map<string, Entry<Document, Change>>();
  readonly #active = new Map<string, Entry<Document, Change>>();
  /** Without changes, the least recently used one first. */
  readonly #idle = new Map<string, Entry<Document, Change>>();
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #isStopped = false;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(options: WriteBehindOptions<Document, Change>) {
    this.#options = options;
    const { bucket, format, writer, marksLimit } = options;
    this.#writerOptions = {
      bucket,
      format,
      writer,
      nextNumber: () => {
        this.#number += 1;
        return this.#number;
      },
      stats: this.stats,
      ...(marksLimit === undefined ? {} : { marksLimit }),
    };
  }

  /** Whether the last attempt to write succeeded. */
  get isWritable(): boolean {
    return !this.#isFailing;
  }

  /** Documents with changes that aren't stored yet. */
  get waitingCount(): number {
    return this.#queue.size + this.#active.size;
  }

  /**
   * The changes of a document that will be stored next, for the caller to add to at once.
   * @param delayMs how long they may wait
   * @returns undefined when too many documents wait: this change is lost, and counted
   */
  change(key: string, delayMs = this.#options.intervalMs): Change | undefined {
    const entry = this.#queue.get(key) ?? this.#enqueue(key, delayMs);
    if (entry === undefined) {
      this.stats.dropped += 1;
      return undefined;
    }
    entry.change ??= this.#options.newChange();
    return entry.change;
  }

  /**
   * Stores a document's changes without waiting for the interval.
   * @returns the document with them, or as it is when there are none
   * @throws what the store throws; they may be stored later all the same
   */
  async flush(key: string): Promise<Document> {
    const entry = this.#queue.get(key) ?? this.#enqueue(key, 0);
    if (entry === undefined) throw new Error(`too many ${this.#options.name} wait to be stored`);
    const stored = Promise.withResolvers<Document>();
    entry.waiting.push(stored);
    if (!this.#active.has(key)) this.#begin(key, entry);
    return await stored.promise;
  }

  /**
   * Changes again what waits to be stored, also what is being written: if it turns out that it was
   * not stored, it is written as it is then.
   */
  amend(isMeant: (key: string) => boolean, amend: (change: Change) => void): void {
    for (const entries of [this.#queue, this.#active]) {
      for (const [key, { change, writer }] of entries) {
        if (!isMeant(key)) continue;
        if (change !== undefined) amend(change);
        if (writer.pending !== undefined) amend(writer.pending);
      }
    }
  }

  /** The store can be used again: what waits need not wait longer. */
  resume(): void {
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#pump();
  }

  /** Stores all that is left. @param withinMs the longest time that this may take */
  async drain(withinMs: number): Promise<void> {
    const drained = Promise.withResolvers<void>();
    this.#drained = drained;
    if (this.waitingCount === 0) return;
    const timer = setTimeout(() => drained.resolve(), withinMs);
    this.#pump();
    await drained.promise;
    clearTimeout(timer);
    const { log, name } = this.#options;
    if (this.waitingCount > 0) log.warn({ left: this.waitingCount }, `not all ${name} were stored`);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const { waiting } of [...this.#queue.values(), ...this.#active.values()]) {
      for (const { reject } of waiting) reject(new Error(`${this.#options.name} are not stored`));
    }
  }

  #enqueue(key: string, delayMs: number): Entry<Document, Change> | undefined {
    const active = this.#active.get(key);
    if (active !== undefined) return active;
    if (this.waitingCount >= this.#options.limit) return undefined;
    const entry = this.#idle.get(key) ?? {
      writer: new DocumentWriter(key, this.#writerOptions),
      change: undefined,
      dueAt: 0,
      waiting: [],
    };
    this.#idle.delete(key);
    this.#requeue(key, entry, delayMs);
    return entry;
  }

  #requeue(key: string, entry: Entry<Document, Change>, delayMs: number): void {
    entry.dueAt = this.#options.now() + delayMs;
    this.#queue.set(key, entry);
    this.#wakeIn(delayMs);
  }

  /** Wakes within this time, unless it wakes earlier anyway. */
  #wakeIn(ms: number): void {
    const wakeAt = this.#options.now() + Math.max(TICK_MS, ms);
    if (this.#isStopped || (this.#timer !== undefined && this.#wakeAt <= wakeAt)) return;
    clearTimeout(this.#timer);
    this.#wakeAt = wakeAt;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pump();
      },
      Math.max(TICK_MS, ms),
    );
  }

  /** Begins what has to be stored by now. */
  #pump(): void {
    if (this.#isStopped) return;
    const now = this.#options.now();
    const isDraining = this.#drained !== undefined;
    if (now < this.#notBefore) return this.#wakeIn(this.#notBefore - now);
    for (const [key, entry] of this.#queue) {
      if (this.#active.size >= (this.#isFailing ? 1 : AT_ONCE)) return;
      if (!isDraining && entry.dueAt > now) return this.#wakeIn(entry.dueAt - now);
      this.#begin(key, entry);
    }
  }

  #begin(key: string, entry: Entry<Document, Change>): void {
    this.#queue.delete(key);
    this.#active.set(key, entry);
    let waiting: Entry<Document, Change>["waiting"] = [];
    // A write whose outcome isn't known goes first, as it was.
    if (!entry.writer.isPending) {
      if (entry.change !== undefined) {
        this.#options.beforeStore?.(key, entry.change);
        entry.writer.begin(entry.change);
      }
      entry.change = undefined;
      waiting = entry.waiting.splice(0);
    }
    entry.writer.store().then(
      (document) => this.#stored(key, entry, document, waiting),
      (error: unknown) => this.#failed(key, entry, error, waiting),
    );
  }

  #stored(
    key: string,
    entry: Entry<Document, Change>,
    document: Document,
    waiting: Entry<Document, Change>["waiting"],
  ): void {
    const { intervalMs, idleLimit, onStored, log, name } = this.#options;
    this.#active.delete(key);
    if (this.#isStopped) return;
    if (this.#isFailing) log.info(`${name} can be stored`);
    this.#isFailing = false;
    this.#backoff.reset();
    onStored?.(key, document);
    for (const { resolve } of waiting) resolve(document);
    if (entry.waiting.length > 0) this.#begin(key, entry);
    else if (entry.change !== undefined) this.#requeue(key, entry, intervalMs);
    else {
      this.#idle.set(key, entry);
      const [oldest] = this.#idle.keys();
      if (this.#idle.size > idleLimit && oldest !== undefined) this.#idle.delete(oldest);
    }
    if (this.waitingCount === 0) this.#drained?.resolve();
    this.#pump();
  }

  #failed(
    key: string,
    entry: Entry<Document, Change>,
    error: unknown,
    waiting: Entry<Document, Change>["waiting"],
  ): void {
    const { log, name, now } = this.#options;
    this.#active.delete(key);
    for (const { reject } of [...waiting, ...entry.waiting.splice(0)]) reject(error);
    // Nobody is faster all the time: that is no reason to let the others wait.
    if (!(error instanceof RevisionConflict)) {
      this.stats.failures += 1;
      if (!this.#isFailing) log.warn({ err: error }, `${name} can't be stored`);
      this.#isFailing = true;
      this.#notBefore = now() + this.#backoff.nextMs();
    }
    if (this.#isStopped) return;
    this.#requeue(key, entry, 0);
    this.#pump();
  }
}
