/**
 * The writing side of the history of all videos: stores durable events and sends them to the
 * gateways, or deletes them. Memory is bounded: the state of a quiet video is dropped, since it can
 * be read again.
 */
import type { Bus } from "../../shared/bus/connection.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import {
  parseStoredSubject,
  STORED_SUBJECTS,
  storedSubject,
} from "../../shared/protocol/subjects.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import { ChainReader } from "../chain/chain-reader.ts";
import { PendingLimit } from "../chain/pending-limit.ts";
import { RecentWriters } from "../chain/recent-writers.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import {
  ENTRY_OVERHEAD_BYTES,
  RECORD_BYTES_LIMIT,
  StoreRequest,
  type UnstoredEvent,
} from "./batch.ts";
import { readMessage } from "./chain-message.ts";
import { type ErasedChain, HistoryEraser } from "./eraser.ts";
import { EventFinder } from "./event-finder.ts";
import { Retractor } from "./retractor.ts";
import { emptyHistoryStats } from "./stats.ts";
import { StoreHealth } from "./store-health.ts";
import { VideoWriter, type VideoWriterOptions } from "./video-writer.ts";

/** Videos, and ids and messages over all of them, that are remembered. */
const VIDEOS_LIMIT = 10_000;
const WEIGHT_LIMIT = 1_000_000;
/** A record must fit into a NATS message, also with what a retraction adds to it. */
const RECORD_SHARE = 4;
/** An attempt that hangs leaves time for another. */
const TRIES = 2;

interface HistoryOptions {
  readonly bus: Pick<Bus, "state" | "onState" | "maxPayloadBytes" | "publish" | "subscribe">;
  readonly stream: Pick<HistoryStream, keyof HistoryStream>;
  readonly config: Pick<
    DispatcherConfig,
    "deduplicateMs" | "historyEvents" | "historyBytes" | "storeTimeoutMs" | "storeQueueLimit"
  >;
  readonly log: Log;
  /** Sends to the gateways. */
  readonly fanout: VideoWriterOptions["fanout"];
  readonly onCounted: VideoWriterOptions["onCounted"];
  readonly tracer?: Tracer | undefined;
}

export class History {
  readonly stats = emptyHistoryStats();
  readonly #options: HistoryOptions;
  readonly #pending: PendingLimit;
  readonly #storeHealth: StoreHealth;
  readonly #writers: RecentWriters<VideoWriter>;
  readonly #retractor: Retractor;
  readonly #eraser: HistoryEraser;
  readonly #finder: EventFinder;
  #stopListening: (() => void)[] = [];
  #isStopped = false;

  constructor(options: HistoryOptions) {
    const { bus, stream, config, log, fanout, onCounted, tracer } = options;
    this.#options = options;
    this.#pending = new PendingLimit({
      timeoutMs: config.storeTimeoutMs,
      limit: config.storeQueueLimit,
      now: monotonicNow,
      late: "history_unavailable",
      busy: "history_busy",
    });
    this.#storeHealth = new StoreHealth({
      stream,
      log,
      now: monotonicNow,
      onRecreated: () => this.#doubtAll(),
    });
    const { deduplicateMs } = config;
    const reader = new ChainReader({
      store: {
        last: (video) => stream.last(video),
        next: (video, sequence) => stream.next(video, sequence),
        read: (video) => stream.read(video),
      },
      decode: readMessage,
    });
    const shared = {
      stats: this.stats,
      now: Date.now,
      random: Math.random,
      appendTimeoutMs: config.storeTimeoutMs / TRIES,
      isConnected: () => bus.state === "connected" && !this.#isStopped,
      fanout,
      onCounted,
      tracer,
      onStored: (
        video: string,
        { payload, sequence }: { payload: Uint8Array; sequence: number },
      ) => {
        this.#storeHealth.stored();
        bus.publish(storedSubject(video, sequence), payload);
      },
      onFailure: (error: OvationError) => {
        this.stats.failures += 1;
        this.#storeHealth.failed(error);
      },
    };
    const writerOptions: VideoWriterOptions = {
      ...shared,
      store: stream,
      reader,
      chain: {
        deduplicateMs,
        keep: { events: config.historyEvents, bytes: config.historyBytes },
        now: monotonicNow,
      },
      log,
      bytesLimit: () => Math.min(RECORD_BYTES_LIMIT, bus.maxPayloadBytes / RECORD_SHARE),
      onWeight: (change) => this.#writers.addWeight(change),
    };
    this.#writers = new RecentWriters({
      create: (video) => new VideoWriter(video, writerOptions),
      limit: VIDEOS_LIMIT,
      weightLimit: WEIGHT_LIMIT,
    });
    const writerOf = (video: string) => this.#writers.of(video);
    this.#retractor = new Retractor({ ...shared, reader, store: stream, writerOf });
    this.#eraser = new HistoryEraser({ ...writerOptions, store: stream, writerOf });
    this.#finder = new EventFinder({ reader, store: stream, writerOf });
  }

  /** Whether the store worked when last used or probed, less than 10 s ago. */
  get isWritable(): boolean {
    return this.#options.bus.state === "connected" && this.#storeHealth.isWritable;
  }

  get waitingEvents(): number {
    return this.#pending.events;
  }

  /** How many events may wait. */
  get waitingLimit(): number {
    return this.#options.config.storeQueueLimit;
  }

  get videoCount(): number {
    return this.#writers.size;
  }

  /** Creates the stream in the background; events to store wait for it. */
  start(): void {
    const { bus, stream } = this.#options;
    this.#storeHealth.probe();
    const others = bus.subscribe(STORED_SUBJECTS, (payload, subject, _reply, isRelayed) => {
      // Dispatchers always send it directly: a relayed one is forged.
      const stored = isRelayed ? undefined : parseStoredSubject(subject);
      if (stored === undefined) return;
      this.#writers.known(stored.video)?.observe({ payload, sequence: stored.sequence });
    });
    this.#stopListening = [
      () => others.unsubscribe(),
      bus.onState((state) => {
        this.#doubtAll();
        // NATS may have lost the stream, and nobody else creates it.
        if (state === "connected") this.#storeHealth.probe();
      }),
      stream.onRecreated(() => {
        this.#doubtAll();
        this.#storeHealth.probe();
      }),
    ];
  }

  /** Rejects everything that waits. */
  stop(): void {
    this.#isStopped = true;
    this.#storeHealth.stop();
    for (const stop of this.#stopListening) stop();
    this.#pending.rejectAll(new OvationError("history_unavailable"));
  }

  /**
   * Stores events and sends them to the gateways. An id that is stored already is not stored again.
   * @param taken when the request was taken, and in which trace
   * @returns the seq of each event, when all are stored
   * @throws OvationError history_busy, history_unavailable, data_too_large; timeout when they are
   * stored, but could not be sent to the gateways
   * @throws EventIdTaken when an id is another publisher's
   */
  async store(
    video: string,
    events: readonly UnstoredEvent[],
    taken?: RequestTiming,
  ): Promise<number[]> {
    this.#checkSizes(events);
    const request = new StoreRequest(this.#pending.open<number[]>(events.length), events, taken);
    this.#writers.of(video).store(request);
    return await request.job.outcome;
  }

  /**
   * Deletes an event: later viewers don't see it, and its content is erased.
   * @param trace the trace that this belongs to
   * @returns the seq of the retraction; of the first one when it was deleted before
   * @throws OvationError event_not_found, history_busy, history_unavailable, timeout
   */
  async retract(video: string, id: string, trace?: TraceContext): Promise<number> {
    const job = this.#pending.open<number>(1);
    this.#retractor.retract(video, id, job, trace);
    return await job.outcome;
  }

  /**
   * The event with this id; undefined when it is deleted, or the history has none.
   * @throws OvationError history_busy, history_unavailable
   */
  async find(video: string, id: string): Promise<DurableEvent | undefined> {
    const job = this.#pending.open<DurableEvent | undefined>(1);
    this.#finder.find(video, id, job);
    return await job.outcome;
  }

  /**
   * Which of these ids are taken, as far as this dispatcher knows: it may not have heard yet of what
   * another one stores at that moment.
   * @throws OvationError history_busy, history_unavailable
   */
  async takenIds(video: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const writer = this.#writers.of(video);
    const { chain } = writer;
    const taken = () => new Set(ids.filter((id) => chain.ids.get(id) !== undefined));
    if (chain.trust === "sound") return taken();
    const job = this.#pending.open<ReadonlySet<string>>(1);
    void writer.runExclusive(job, async () => job.resolve(taken()));
    return await job.outcome;
  }

  /**
   * Erases all events of a video; its viewers get a reset.
   * @returns how many there were, and the `seq` up to which nothing is left
   * @throws OvationError history_busy, history_unavailable
   */
  async eraseVideo(video: string): Promise<ErasedChain> {
    const job = this.#pending.open<ErasedChain>(1);
    this.#eraser.eraseVideo(video, job);
    return await job.outcome;
  }

  /**
   * Erases all events of an actor on a video; its viewers get a retraction of each.
   * @returns how many there were
   * @throws OvationError history_busy, history_unavailable
   */
  async eraseActor(video: string, actor: string): Promise<number> {
    const job = this.#pending.open<number>(1);
    this.#eraser.eraseActor(video, actor, job);
    return await job.outcome;
  }

  #checkSizes(events: readonly UnstoredEvent[]): void {
    // With room for the record around the event alone, and for its trace.
    const limit = this.#options.bus.maxPayloadBytes - 2 * ENTRY_OVERHEAD_BYTES;
    if (events.every(({ bytes }) => bytes.length <= limit)) return;
    throw new OvationError(
      "data_too_large",
      `an event exceeds the ${limit} bytes that NATS accepts`,
    );
  }

  #doubtAll(): void {
    for (const { chain } of this.#writers.all()) chain.doubt();
  }
}
