/**
 * The history of all videos, from the side that writes it: durable events are stored and sent to the
 * Frontends, or taken back. Memory is bounded: what is known of a quiet video is let go, since it
 * can be read again.
 */
import type { Bus } from "../../shared/bus/connection.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  parseStoredSubject,
  STORED_SUBJECTS,
  storedSubject,
} from "../../shared/protocol/subjects.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { RequestTiming } from "../fanout.ts";
import {
  ENTRY_OVERHEAD_BYTES,
  RECORD_BYTES_LIMIT,
  StoreRequest,
  type UnstoredEvent,
} from "./batch.ts";
import { ChainReader } from "./chain-reader.ts";
import { PendingLimit } from "./pending-limit.ts";
import { Retractor } from "./retractor.ts";
import { emptyHistoryStats } from "./stats.ts";
import { StoreHealth } from "./store-health.ts";
import { VideoWriter, type VideoWriterOptions } from "./video-writer.ts";

/** Videos, and ids and messages over all of them, that are remembered. */
const VIDEOS_LIMIT = 10_000;
const WEIGHT_LIMIT = 1_000_000;
/** Busy videos that are passed over at once, in search of one to let go. */
const PASSED_OVER_LIMIT = 16;
/** A record must fit into a message of the bus, also with what a retraction adds to it. */
const RECORD_SHARE = 4;
/** A try that hangs leaves time for another. */
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
  readonly tracer?: Tracer | undefined;
}

export class History {
  readonly stats = emptyHistoryStats();
  readonly #options: HistoryOptions;
  readonly #pending: PendingLimit;
  readonly #storeHealth: StoreHealth;
  readonly #line: VideoWriterOptions;
  readonly #retractor: Retractor;
  /** The one that was used the longest ago first. */
  readonly #lines = new Map<string, VideoWriter>();
  #weight = 0;
  #stopListening: (() => void)[] = [];
  #isStopped = false;

  constructor(options: HistoryOptions) {
    const { bus, stream, config, log, fanout, tracer } = options;
    this.#options = options;
    this.#pending = new PendingLimit({
      timeoutMs: config.storeTimeoutMs,
      limit: config.storeQueueLimit,
      now: monotonicNow,
    });
    this.#storeHealth = new StoreHealth({
      stream,
      log,
      now: monotonicNow,
      onRemade: () => this.#doubtAll(),
    });
    const { deduplicateMs } = config;
    const shared = {
      stats: this.stats,
      now: Date.now,
      random: Math.random,
      appendTimeoutMs: config.storeTimeoutMs / TRIES,
      isConnected: () => bus.state === "connected" && !this.#isStopped,
      fanout,
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
    this.#line = {
      ...shared,
      store: stream,
      reader: new ChainReader({ store: stream, deduplicateMs }),
      chain: {
        deduplicateMs,
        keep: { events: config.historyEvents, bytes: config.historyBytes },
        now: monotonicNow,
      },
      log,
      bytesLimit: () => Math.min(RECORD_BYTES_LIMIT, bus.maxPayloadBytes / RECORD_SHARE),
      onWeight: (change) => {
        this.#weight += change;
      },
    };
    this.#retractor = new Retractor({
      ...shared,
      store: stream,
      writerOf: (video) => this.#writerOf(video),
    });
  }

  /** Whether the last that is known of the store is that it works. */
  get isWritable(): boolean {
    return this.#storeHealth.isWritable;
  }

  get waitingEvents(): number {
    return this.#pending.events;
  }

  /** How many events may wait. */
  get waitingLimit(): number {
    return this.#options.config.storeQueueLimit;
  }

  get videoCount(): number {
    return this.#lines.size;
  }

  /** Makes the stream in the background; whoever stores meanwhile waits for it. */
  start(): void {
    const { bus, stream } = this.#options;
    this.#storeHealth.look();
    const others = bus.subscribe(STORED_SUBJECTS, (payload, subject, _reply, isRelayed) => {
      // Dispatchers send what they send themselves: this is forged.
      const heard = isRelayed ? undefined : parseStoredSubject(subject);
      if (heard === undefined) return;
      this.#lines.get(heard.video)?.hear({ payload, sequence: heard.sequence });
    });
    this.#stopListening = [
      () => others.unsubscribe(),
      bus.onState(() => this.#doubtAll()),
      stream.onRemade(() => {
        this.#doubtAll();
        this.#storeHealth.look();
      }),
    ];
  }

  /** Gives up all that waits. */
  stop(): void {
    this.#isStopped = true;
    this.#storeHealth.stop();
    for (const stop of this.#stopListening) stop();
    this.#pending.rejectAll(new OvationError("history_unavailable"));
  }

  /**
   * Stores events and sends them to the Frontends. An id that is stored already is not stored again.
   * @param taken when the request was, and in which trace
   * @returns the place of each event, when all are stored
   * @throws OvationError history_busy, history_unavailable, data_too_large; timeout when they are
   * stored, but the Frontends could not be told
   */
  async store(
    video: string,
    events: readonly UnstoredEvent[],
    taken?: RequestTiming,
  ): Promise<number[]> {
    this.#checkSizes(events);
    const request = new StoreRequest(this.#pending.open<number[]>(events.length), taken);
    this.#writerOf(video).store(request, events);
    return await request.job.outcome;
  }

  /**
   * Takes an event back: nobody who comes later sees it, and its content is erased.
   * @param trace that this belongs to
   * @returns the place of the retraction; of the first one when it was taken back before
   * @throws OvationError event_not_found, history_busy, history_unavailable, timeout
   */
  async retract(video: string, id: string, trace?: TraceContext): Promise<number> {
    const job = this.#pending.open<number>(1);
    this.#retractor.retract(video, id, job, trace);
    return await job.outcome;
  }

  #checkSizes(events: readonly UnstoredEvent[]): void {
    // With room for a record of it alone, and the trace that it belongs to.
    const limit = this.#options.bus.maxPayloadBytes - 2 * ENTRY_OVERHEAD_BYTES;
    if (events.every(({ bytes }) => bytes.length <= limit)) return;
    throw new OvationError("data_too_large", `an event is over the ${limit} bytes that NATS takes`);
  }

  #writerOf(video: string): VideoWriter {
    const known = this.#lines.get(video);
    const line = known ?? new VideoWriter(video, this.#line);
    this.#lines.delete(video);
    this.#lines.set(video, line);
    this.#makeRoom(line);
    return line;
  }

  #makeRoom(wanted: VideoWriter): void {
    let passedOver = 0;
    for (const [video, line] of this.#lines) {
      if (this.#lines.size <= VIDEOS_LIMIT && this.#weight <= WEIGHT_LIMIT) return;
      if (line === wanted || passedOver === PASSED_OVER_LIMIT) return;
      if (!line.isIdle) {
        passedOver += 1;
        continue;
      }
      this.#lines.delete(video);
      this.#weight -= line.weight;
    }
  }

  #doubtAll(): void {
    for (const { chain } of this.#lines.values()) chain.doubt();
  }
}
