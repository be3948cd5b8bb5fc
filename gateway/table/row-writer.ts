/**
 * This gateway's rows in the subscription table: one for each video with viewers here, with their
 * number. A new row is written at once, and a changed number at a bounded rate; a failed write is
 * retried until it succeeds.
 */

import pMap from "p-map";
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { CountingSketch } from "../../shared/lib/hyperloglog.ts";
import { ROW_MAX_AGE_MS } from "../../shared/protocol/buckets.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { parseRowKey, rowKey, rowsOfGateway } from "../../shared/protocol/subjects.ts";
import { encodeRow } from "../../shared/protocol/table.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;
const WRITES_AT_ONCE = 64;
/** A viewer that waits for its row is refused at the first failure after this time. */
const READY_BOUND_MS = 3_000;
/**
 * A viewer waits no longer for a row that is announced: while JetStream elects a leader, likes reach
 * it all the same.
 */
const ANNOUNCED_MS = 400;

interface RowState {
  /** The number that the row should hold; undefined when there should be no row. */
  wanted: number | undefined;
  /** Its viewers' actors; undefined where they aren't counted. */
  actors: CountingSketch | undefined;
  /** The version of `actors` that was written last. */
  actorsStored: number;
  /** The value that was written last, as text of bytes. */
  value: string;
  /** What the row holds as far as we know; `"unknown"` when it must be written anyway. */
  stored: number | undefined | "unknown";
  storedAt: number;
  /** Dispatchers know of the row, and no removal has begun since. */
  isAnnounced: boolean;
  /** It could not be written: dispatchers forget what is announced, so they are told again. */
  hasFailed: boolean;
  busy: boolean;
  /** A rewrite was requested during a write. */
  again: boolean;
  timer: NodeJS.Timeout | undefined;
  readonly backoff: Backoff;
  waiting: Waiter[];
}

interface Waiter extends PromiseWithResolvers<void> {
  readonly since: number;
}

interface RowWriterOptions {
  readonly bucket: Bucket;
  readonly tombstones: Pick<TombstoneReaper, "remove">;
  readonly gateway: string;
  readonly intervalMs: number;
  /** How long a write may take before another is tried. */
  readonly putTimeoutMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
  /** While the bus is disconnected, no viewer waits for a row to be written. */
  readonly isConnected: () => boolean;
  /**
   * A new row is about to be written: dispatchers must know of it before the viewers that wait for
   * it. Returns false when they can't be told now.
   */
  readonly announce: (video: string) => boolean;
  /** A row was written or removed: the video's viewers must be counted again. */
  readonly onStored: (video: string) => void;
}

export class RowWriter {
  readonly #options: RowWriterOptions;
  readonly #rows = new Map<string, RowState>();
  readonly #writes = new Set<Promise<void>>();
  #stopped = false;
  /**
   * Writes, failed writes, rows found wrong when the whole table was read, and viewers that were
   * answered when their row was announced but not written.
   */
  readonly stats = { writes: 0, failures: 0, mended: 0, announcedOnly: 0 };

  constructor(options: RowWriterOptions) {
    this.#options = options;
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  /**
   * The video has this many viewers here.
   * @param actors theirs; its current content is written with the number
   */
  set(video: string, viewers: number, actors?: CountingSketch): void {
    const row = this.#state(video);
    row.wanted = viewers;
    row.actors = actors;
    this.#advance(video, row);
  }

  /** Whether the table has no row of a video, as far as we know, but dispatchers were told of it. */
  isAnnouncedOnly(video: string): boolean {
    const row = this.#rows.get(video);
    return row?.isAnnounced === true && typeof row.stored !== "number";
  }

  /**
   * Resolves when the table has a row for the video, whatever its number, or can't be written at the
   * moment but dispatchers know of it.
   * @throws OvationError `unavailable` when neither can be had
   */
  async ready(video: string): Promise<void> {
    const row = this.#state(video);
    if (typeof row.stored === "number") return;
    if (!this.#options.isConnected()) throw new OvationError("unavailable");
    const waiter = { ...Promise.withResolvers<void>(), since: this.#options.now() };
    row.waiting.push(waiter);
    const timer = setTimeout(() => this.#admitAnnounced(row, waiter), ANNOUNCED_MS);
    await waiter.promise.finally(() => clearTimeout(timer));
  }

  /** The video no longer has viewers here. */
  remove(video: string): void {
    const row = this.#rows.get(video);
    if (row === undefined) return;
    row.wanted = undefined;
    this.#advance(video, row);
  }

  /** Writes every row again: the table may have lost them. */
  rewriteAll(): void {
    for (const [video, row] of this.#rows) {
      row.again = row.busy;
      row.stored = "unknown";
      row.backoff.reset();
      clearTimeout(row.timer);
      row.timer = undefined;
      this.#advance(video, row);
    }
  }

  /** Reads all of this gateway's rows, and corrects those that are wrong or about to expire. */
  async reconcile(): Promise<void> {
    const { bucket, gateway, now } = this.#options;
    const startedAt = now();
    const entries = (await bucket.read(rowsOfGateway(gateway))) ?? [];
    const table = new Map(entries.map(({ key, value }) => [key, bytesAsText(value)]));
    for (const [video, row] of this.#rows) {
      // A store that lost its newest writes shows an older number.
      const isWrong =
        typeof row.stored === "number" && table.get(rowKey(video, gateway)) !== row.value;
      const isOld = now() - row.storedAt > ROW_MAX_AGE_MS / 2;
      if (row.busy || row.storedAt > startedAt || !(isWrong || isOld)) continue;
      if (isWrong) this.stats.mended += 1;
      row.stored = "unknown";
      this.#advance(video, row);
    }
    for (const key of table.keys()) {
      const name = parseRowKey(key);
      if (name === undefined || this.#rows.has(name.video)) continue;
      this.stats.mended += 1;
      this.#state(name.video).stored = "unknown";
      this.remove(name.video);
    }
  }

  /** Removes every row, for good. */
  async removeAll(): Promise<void> {
    this.#stop();
    await Promise.all(this.#writes);
    const { bucket, gateway } = this.#options;
    const remove = async (video: string) => {
      await bucket.remove(rowKey(video, gateway));
      this.#options.onStored(video);
    };
    await pMap([...this.#rows.keys()], remove, { concurrency: WRITES_AT_ONCE });
    this.#rows.clear();
  }

  stop(): void {
    this.#stop();
    this.#rows.clear();
  }

  #stop(): void {
    this.#stopped = true;
    for (const row of this.#rows.values()) {
      clearTimeout(row.timer);
      this.#reject(row, Number.POSITIVE_INFINITY);
    }
  }

  #state(video: string): RowState {
    const known = this.#rows.get(video);
    if (known !== undefined) return known;
    const row: RowState = {
      wanted: undefined,
      actors: undefined,
      actorsStored: 0,
      value: "",
      stored: undefined,
      storedAt: Number.NEGATIVE_INFINITY,
      isAnnounced: false,
      hasFailed: false,
      busy: false,
      again: false,
      timer: undefined,
      backoff: new Backoff(RETRY_MIN_MS, RETRY_MAX_MS),
      waiting: [],
    };
    this.#rows.set(video, row);
    return row;
  }

  #advance(video: string, row: RowState): void {
    if (this.#stopped || row.busy || row.timer !== undefined) return;
    if (row.stored === row.wanted) {
      if (row.wanted === undefined) {
        this.#rows.delete(video);
        // Whoever still waits has left meanwhile.
        this.#reject(row, Number.POSITIVE_INFINITY);
        return;
      }
      if (row.actorsStored === (row.actors?.version ?? 0)) return;
    }
    const isChange = typeof row.stored === "number" && row.wanted !== undefined;
    const wait = row.storedAt + this.#options.intervalMs - this.#options.now();
    if (isChange && wait > 0) this.#later(video, row, wait);
    else this.#startWrite(video, row);
  }

  #startWrite(video: string, row: RowState): void {
    const write = this.#write(video, row).finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  #later(video: string, row: RowState, ms: number): void {
    row.timer = setTimeout(() => {
      row.timer = undefined;
      this.#advance(video, row);
    }, ms);
  }

  async #write(video: string, row: RowState): Promise<void> {
    const { bucket, tombstones, gateway, putTimeoutMs, now, announce, onStored, log } =
      this.#options;
    const { wanted } = row;
    row.busy = true;
    try {
      const key = rowKey(video, gateway);
      const value = wanted === undefined ? undefined : this.#valueOf(row, wanted);
      const version = row.actors?.version ?? 0;
      if (value === undefined) {
        // A viewer that comes during the removal must wait for the row that follows it.
        row.stored = "unknown";
        row.isAnnounced = false;
        await tombstones.remove(key);
      } else {
        if (!row.isAnnounced || row.hasFailed) row.isAnnounced = announce(video);
        await bucket.put(key, value, undefined, putTimeoutMs);
      }
      this.stats.writes += 1;
      row.stored = row.again ? "unknown" : wanted;
      row.actorsStored = version;
      row.value = bytesAsText(value);
      row.storedAt = now();
      row.backoff.reset();
      row.busy = false;
      row.again = false;
      row.hasFailed = false;
      if (wanted !== undefined) for (const waiter of row.waiting.splice(0)) waiter.resolve();
      log.debug({ video, viewers: wanted }, "a row was written");
      onStored(video);
    } catch (error) {
      this.stats.failures += 1;
      log.debug({ video, err: error }, "a row could not be written; retrying");
      row.stored = "unknown";
      row.busy = false;
      row.hasFailed = true;
      // Whoever requested a rewrite knows that the table can be written.
      const retryMs = row.again ? 0 : row.backoff.nextMs();
      row.again = false;
      this.#reject(row, now() - READY_BOUND_MS, error);
      if (!this.#stopped) this.#later(video, row, retryMs);
      return;
    }
    this.#advance(video, row);
  }

  #valueOf({ actors }: RowState, viewers: number): Uint8Array {
    return encodeRow({ viewers, actors: actors?.encode() });
  }

  #admitAnnounced(row: RowState, waiter: Waiter): void {
    if (!row.isAnnounced || !this.#options.isConnected()) return;
    row.waiting = row.waiting.filter((other) => other !== waiter);
    this.stats.announcedOnly += 1;
    waiter.resolve();
  }

  /** Rejects the waiters that have waited since before `until`. */
  #reject(row: RowState, until: number, cause?: unknown): void {
    const text = "the subscription table can't be written at the moment";
    const error = new OvationError("unavailable", text, { cause });
    const refused = row.waiting.filter(({ since }) => since < until);
    row.waiting = row.waiting.filter(({ since }) => since >= until);
    for (const waiter of refused) waiter.reject(error);
  }
}

function bytesAsText(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
