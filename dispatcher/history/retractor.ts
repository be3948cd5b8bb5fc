/** Deletes durable events: stores a retraction, then erases the event's content. */
import { setTimeout as wait } from "node:timers/promises";
import pLimit from "p-limit";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { encodeHead } from "../../shared/protocol/fanout-message.ts";
import { encodeUnplaced, writePlace } from "../../shared/protocol/history/durable-event.ts";
import { encodeRecord, type StoredRecord } from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { EventIds } from "../../shared/protocol/names.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { withSpan } from "../../shared/runtime/tracing/tracer.ts";
import { HistorySnapshot } from "./history-snapshot.ts";
import type { Deferred } from "./pending-limit.ts";
import { type Finding, findEvent } from "./retraction.ts";
import { startStoreSpan } from "./store-span.ts";
import type { VideoChain } from "./video-chain.ts";
import type { VideoWriter, VideoWriterOptions } from "./video-writer.ts";

/** Retractions under way, each of which holds a whole history in memory. */
const AT_ONCE = 4;
const RETRY_MIN_MS = 10;
const RETRY_MAX_MS = 200;

type Shared = Pick<
  VideoWriterOptions,
  | "stats"
  | "now"
  | "appendTimeoutMs"
  | "isConnected"
  | "fanout"
  | "onStored"
  | "onFailure"
  | "tracer"
>;

interface RetractorOptions extends Shared {
  readonly store: Pick<HistoryStream, "append" | "next" | "read" | "erase">;
  readonly writerOf: (video: string) => VideoWriter;
}

/** A stored retraction, and the messages that must still be erased for it. */
interface Stored {
  readonly seq: number;
  readonly holders: readonly number[];
  /** Why it could not be sent to the gateways. */
  readonly fault: OvationError | undefined;
}

type Present = Extract<Finding, { state: "present" }>;

export class Retractor {
  readonly #options: RetractorOptions;
  readonly #limit = pLimit(AT_ONCE);
  readonly #ids = new EventIds();

  constructor(options: RetractorOptions) {
    this.#options = options;
  }

  /** Deletes the event; the job's outcome is the retraction's own seq. */
  retract(video: string, id: string, job: Deferred<number>, trace: TraceContext | undefined): void {
    void this.#limit(async () => {
      try {
        await this.#retract(video, id, job, trace);
      } catch (error) {
        job.reject(asOvationError(error));
      }
    });
  }

  async #retract(
    video: string,
    id: string,
    job: Deferred<number>,
    trace: TraceContext | undefined,
  ): Promise<void> {
    const { store, stats, writerOf } = this.#options;
    const copy = new HistorySnapshot(store, video);
    await this.#load(copy, job);
    let stored: Stored | undefined;
    await writerOf(video).runExclusive(job, async (chain) => {
      const finding = findEvent(await copy.upTo(chain), id);
      if (finding.state === "unknown") job.reject(new OvationError("event_not_found"));
      else if (finding.state === "present") stored = await this.#store(chain, finding, trace);
      else stored = this.#repeat(chain, finding);
    });
    if (stored === undefined) return;
    // Also when the deadline has passed: deleted content must not stay.
    for (const holder of stored.holders) await store.erase(holder);
    if (stored.fault !== undefined) throw stored.fault;
    stats.retractions += 1;
    job.resolve(stored.seq);
  }

  async #load(copy: HistorySnapshot, job: Deferred<number>): Promise<void> {
    const { isConnected, onFailure } = this.#options;
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    while (!job.isSettled) {
      try {
        await copy.load();
        return;
      } catch (error) {
        const failure = asOvationError(error);
        onFailure(failure);
        if (!isConnected()) throw failure;
        await wait(backoff.nextMs());
      }
    }
  }

  async #store(
    chain: VideoChain,
    { target, remaining, holders }: Present,
    trace: TraceContext | undefined,
  ): Promise<Stored> {
    const { store, stats, now, appendTimeoutMs, onStored, tracer } = this.#options;
    const at = now();
    const kind = RETRACTED_KIND;
    const id = this.#ids.next();
    const seq = chain.nextSeq(at);
    const bytes = encodeUnplaced({ id, kind, at, data: target });
    writePlace(bytes, seq, chain.last);
    const record: StoredRecord = {
      prev: chain.last,
      last: seq,
      events: [{ id, kind, seq, bytes, retracts: target.seq }],
      after: chain.sequence,
      amended: remaining,
    };
    const payload = encodeRecord(record);
    const span = startStoreSpan(tracer, chain.video, trace === undefined ? [] : [trace], 1);
    const appending = store.append(chain.video, payload, record.after, appendTimeoutMs);
    const sequence = await withSpan(span, appending);
    chain.learn({ sequence, record, bytes: payload.length });
    stats.records += 1;
    stats.events += 1;
    onStored(chain.video, { payload, sequence });
    const message = span === undefined ? payload : encodeRecord(record, span.trace);
    return { seq, holders, fault: this.#send(chain, message, 1) };
  }

  /** The dispatcher that stored the retraction may have died before it sent it to the gateways. */
  #repeat(chain: VideoChain, finding: Extract<Finding, { state: "retracted" }>): Stored {
    const { seq, holders } = finding;
    return { seq, holders, fault: this.#send(chain, encodeHead(chain.last), 0) };
  }

  #send(chain: VideoChain, payload: Uint8Array, events: number): OvationError | undefined {
    try {
      this.#options.fanout.send(chain.video, payload, events);
      return undefined;
    } catch (cause) {
      return new OvationError("timeout", undefined, { cause });
    }
  }
}
