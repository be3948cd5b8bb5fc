/**
 * Everything that changes one video's chain here, one at a time: while a record is in flight, new
 * events wait for the next one.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { encodeHead } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { encodeRecord } from "../../shared/protocol/history/record.ts";
import type { ChainTotals } from "../../shared/protocol/totals/totals.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { recordedTraceId } from "../../shared/runtime/tracing/trace-context.ts";
import { type Tracer, withSpan } from "../../shared/runtime/tracing/tracer.ts";
import { ChainQueue } from "../chain/chain-queue.ts";
import type { ChainReader } from "../chain/chain-reader.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { Fanout } from "../fanout.ts";
import { type Batch, planBatch, type Slot, type StoreRequest } from "./batch.ts";
import type { ChainMessage } from "./chain-message.ts";
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
  readonly reader: ChainReader<ChainMessage>;
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

export class VideoWriter {
  readonly chain: VideoChain;
  readonly #options: VideoWriterOptions;
  readonly #trimmer: Trimmer;
  readonly #queue: ChainQueue<Slot, ChainMessage>;
  #weight = 0;

  constructor(video: string, options: VideoWriterOptions) {
    this.chain = new VideoChain(video, options.chain);
    this.#trimmer = new Trimmer(options);
    this.#options = options;
    const { reader, stats, log, isConnected, onFailure } = options;
    this.#queue = new ChainQueue({
      chain: this.chain,
      reader,
      stats,
      log,
      now: options.chain.now,
      isConnected,
      onFailure,
      commit: () => this.#commit(),
      onStepped: () => this.#weigh(),
    });
  }

  /** Whether nothing is under way, so that this writer may be dropped. */
  get isIdle(): boolean {
    return !this.#queue.isRunning && !this.#trimmer.isTrimming;
  }

  /** How much it remembers, as reported by `onWeight`. */
  get weight(): number {
    return this.#weight;
  }

  /** Queues events to store, and settles the request. */
  store(request: StoreRequest): void {
    this.#queue.store(request.events.map((event, index) => ({ request, index, event })));
  }

  /** As that of the queue. */
  async runExclusive(
    job: Pick<Deferred<unknown>, "isSettled" | "reject">,
    work: (chain: VideoChain) => Promise<void>,
  ): Promise<void> {
    await this.#queue.runExclusive(job, () => work(this.chain));
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

  async #commit(): Promise<void> {
    const { store, appendTimeoutMs, now, bytesLimit, stats, tracer } = this.#options;
    const { chain } = this;
    const batch = planBatch(this.#queue.items(), {
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
    const tookMs = this.#options.chain.now() - startedAt;
    stats.appendSeconds.observe(tookMs / 1_000, recordedTraceId(span?.trace));
    stats.recordEvents.observe(record.events.length);
    chain.appended({ sequence, record, bytes: payload.length });
    stats.records += 1;
    stats.events += record.events.length;
    this.#options.onStored(chain.video, { payload, sequence });
    const message = span === undefined ? payload : encodeRecord(record, span.trace);
    this.#finish(batch, message, record.events.length);
    this.#trimmer.trim(chain);
    if (this.#queue.isContended) await wait(this.#options.random() * YIELD_MS);
  }

  /** Sends to the gateways, and only then settles the requests. */
  #finish(
    { slots, seqs, refused, repeats, record }: Batch,
    payload: Uint8Array,
    events: number,
  ): void {
    this.#queue.remove(slots.length);
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
