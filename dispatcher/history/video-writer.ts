/**
 * Everything that changes one video's chain here, one at a time: while a record is in flight, new
 * events wait for the next one.
 */
import { setTimeout as wait } from "node:timers/promises";
import Denque from "denque";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { encodeHead } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { encodeRecord } from "../../shared/protocol/history/record.ts";
import type { ChainTotals } from "../../shared/protocol/totals/totals.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { type Tracer, withSpan } from "../../shared/runtime/tracing/tracer.ts";
import { CommitLoop } from "../chain/commit-loop.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { Fanout } from "../fanout.ts";
import { type Batch, planBatch, type Slot, type StoreRequest } from "./batch.ts";
import type { ChainReader } from "./chain-reader.ts";
import type { HistoryStats } from "./stats.ts";
import { startStoreSpan, tracesIn } from "./store-span.ts";
import { Trimmer } from "./trimmer.ts";
import { type ChainOptions, VideoChain } from "./video-chain.ts";

/**
 * After a conflict, the dispatcher that won knows the newest message first, and would win again: it
 * pauses for the others, while more events gather for its own next record.
 */
const YIELD_MS = 5;

/** What all writers share. */
export interface VideoWriterOptions {
  readonly store: Pick<HistoryStream, "append" | "trim">;
  readonly reader: ChainReader;
  readonly chain: ChainOptions;
  readonly stats: HistoryStats;
  readonly log: Log;
  readonly now: WallClock;
  readonly random: () => number;
  /** The longest wait for one attempt. */
  readonly appendTimeoutMs: number;
  /** Bytes of events that one record may hold. */
  readonly bytesLimit: () => number;
  readonly isConnected: () => boolean;
  /** Sends to the gateways. */
  readonly fanout: Pick<Fanout, "send">;
  /** A record is stored: the other dispatchers should know of it. */
  readonly onStored: (video: string, message: Pick<StoredMessage, "payload" | "sequence">) => void;
  /**
   * The video's chain has changed here.
   * @param totals of durable kinds, as it has them now
   * @param stored its newest events
   */
  readonly onCounted: (video: string, totals: ChainTotals, stored: readonly DurableEvent[]) => void;
  readonly onFailure: (error: OvationError) => void;
  readonly tracer: Tracer | undefined;
  /** Reports by how much its memory grew. */
  readonly onWeight: (change: number) => void;
}

/** Work on the chain other than a batch of events. */
interface ExclusiveWork {
  readonly job: Pick<Deferred<unknown>, "isSettled" | "reject">;
  readonly work: (chain: VideoChain) => Promise<void>;
  /** Called when it is done, or nobody waits for it any more. */
  readonly end: () => void;
}

type Entry = Slot | ExclusiveWork;

function jobOf(entry: Entry): ExclusiveWork["job"] {
  return "work" in entry ? entry.job : entry.request.job;
}

export class VideoWriter {
  readonly chain: VideoChain;
  readonly #options: VideoWriterOptions;
  readonly #trimmer: Trimmer;
  readonly #queue = new Denque<Entry>();
  readonly #loop: CommitLoop;
  /** The chain's newest message before the step under way. */
  #sequence = 0;
  #weight = 0;

  constructor(video: string, options: VideoWriterOptions) {
    this.chain = new VideoChain(video, options.chain);
    this.#trimmer = new Trimmer(options);
    this.#options = options;
    const { log, isConnected, onFailure } = options;
    this.#loop = new CommitLoop({
      log,
      now: options.chain.now,
      isConnected,
      onFailure,
      dropSettled: () => this.#dropSettled(),
      step: () => this.#step(),
      catchUp: () => this.#catchUp(),
      rejectAll: (error) => this.#rejectAll(error),
      onStepped: () => this.#weigh(),
    });
  }

  /** Whether nothing is under way, so that this writer may be dropped. */
  get isIdle(): boolean {
    return !this.#loop.isRunning && !this.#trimmer.isTrimming;
  }

  /** How much it remembers, as reported by `onWeight`. */
  get weight(): number {
    return this.#weight;
  }

  /** Queues events to store, and settles the request. */
  store(request: StoreRequest): void {
    for (const [index, event] of request.events.entries()) {
      this.#queue.push({ request, index, event });
    }
    this.#loop.start();
  }

  /**
   * Runs `work` with the chain to itself once it is its turn; again when another dispatcher was
   * faster. Resolves when that is done, or when the job ended before.
   */
  runExclusive(job: ExclusiveWork["job"], work: ExclusiveWork["work"]): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ job, work, end: resolve });
      this.#loop.start();
    });
  }

  /** Another dispatcher stored this. */
  observe(message: Pick<StoredMessage, "payload" | "sequence">): void {
    this.chain.observe(message);
    this.#weigh();
  }

  #weigh(): void {
    const { weight } = this.chain;
    this.#options.onWeight(weight - this.#weight);
    this.#weight = weight;
  }

  /** Deadlines end jobs in the queue's order. Returns whether any work is left. */
  #dropSettled(): boolean {
    let head = this.#queue.peekFront();
    for (; head !== undefined && jobOf(head).isSettled; head = this.#queue.peekFront())
      this.#drop(head);
    return head !== undefined;
  }

  #drop(head: Entry): void {
    this.#queue.shift();
    if ("work" in head) head.end();
  }

  async #step(): Promise<void> {
    if (this.chain.trust !== "sound") return await this.#options.reader.refresh(this.chain);
    this.#sequence = this.chain.sequence;
    const head = this.#queue.peekFront();
    if (head !== undefined && "work" in head) {
      await head.work(this.chain);
      this.#drop(head);
    } else {
      await this.#commit();
    }
  }

  async #catchUp(): Promise<void> {
    const { reader, stats } = this.#options;
    stats.conflicts += 1;
    // The dispatcher that was faster may have sent us its record meanwhile.
    if (this.chain.sequence === this.#sequence) await reader.catchUp(this.chain);
  }

  #rejectAll(error: OvationError): void {
    for (
      let entry = this.#queue.peekFront();
      entry !== undefined;
      entry = this.#queue.peekFront()
    ) {
      jobOf(entry).reject(error);
      this.#drop(entry);
    }
  }

  async #commit(): Promise<void> {
    const { store, appendTimeoutMs, now, bytesLimit, stats, tracer } = this.#options;
    const { chain } = this;
    const batch = planBatch(this.#slots(), {
      sequence: chain.sequence,
      last: chain.last,
      base: chain.nextSeq(now()),
      known: (id) => chain.ids.get(id),
      bytesLimit: bytesLimit(),
      counts: chain.counts,
    });
    const { record } = batch;
    if (record === undefined) {
      // The dispatcher that stored them may have died before it sent them to the gateways.
      return this.#finish(batch, encodeHead(chain.last), 0);
    }
    const payload = encodeRecord(record);
    const span = startStoreSpan(tracer, chain.video, tracesIn(batch.slots), record.events.length);
    const startedAt = this.#options.chain.now();
    const appending = store.append(chain.video, payload, chain.sequence, appendTimeoutMs);
    const sequence = await withSpan(span, appending);
    stats.appendSeconds.observe((this.#options.chain.now() - startedAt) / 1_000);
    stats.recordEvents.observe(record.events.length);
    chain.appended({ sequence, record, bytes: payload.length });
    stats.records += 1;
    stats.events += record.events.length;
    this.#options.onStored(chain.video, { payload, sequence });
    const message = span === undefined ? payload : encodeRecord(record, span.trace);
    this.#finish(batch, message, record.events.length);
    this.#trimmer.trim(chain);
    if (this.#loop.isContended) await wait(this.#options.random() * YIELD_MS);
  }

  *#slots(): Generator<Slot> {
    for (let index = 0; ; index += 1) {
      const entry = this.#queue.peekAt(index);
      if (entry === undefined || "work" in entry) return;
      yield entry;
    }
  }

  /** Sends to the gateways, and only then settles the requests. */
  #finish(
    { slots, seqs, refused, repeats, record }: Batch,
    payload: Uint8Array,
    events: number,
  ): void {
    this.#queue.remove(0, slots.length);
    this.#options.stats.repeats += repeats;
    for (const [{ job }, taken] of refused) job.reject(taken);
    if (events + repeats === 0) return;
    this.#options.onCounted(this.chain.video, this.chain.totals, record?.events ?? []);
    let fault: OvationError | undefined;
    try {
      // Slots are in the order of their requests.
      this.#options.fanout.send(this.chain.video, payload, events, slots[0]?.request.taken);
    } catch (cause) {
      fault = new OvationError("timeout", undefined, { cause });
    }
    for (const [at, { request, index }] of slots.entries()) {
      if (fault === undefined) request.assignSeq(index, seqs[at] ?? 0);
      else request.job.reject(fault);
    }
  }
}
