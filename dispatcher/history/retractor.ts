/** Deletes durable events: stores a retraction, then erases the event's content. */
import pLimit from "p-limit";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { encodeHead } from "../../shared/protocol/fanout-message.ts";
import {
  type DurableEvent,
  encodeUnplaced,
  writePlace,
} from "../../shared/protocol/history/durable-event.ts";
import {
  type ChainCounts,
  encodeRecord,
  type StoredRecord,
} from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { EVENT_ID_PATTERN, ReservedIds } from "../../shared/protocol/names.ts";
import { addTo } from "../../shared/protocol/totals/totals.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { withSpan } from "../../shared/runtime/tracing/tracer.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { ChainMessage } from "./chain-message.ts";
import { messagesOf } from "./event-finder.ts";
import { eventsIn, remainingOf, type Target } from "./retraction.ts";
import { startStoreSpan } from "./store-span.ts";
import type { VideoChain } from "./video-chain.ts";
import type { VideoWriter, VideoWriterOptions } from "./video-writer.ts";

/** Retractions under way; others wait. */
const AT_ONCE = 16;

type Shared = Pick<
  VideoWriterOptions,
  "stats" | "now" | "appendTimeoutMs" | "fanout" | "onStored" | "onCounted" | "reader" | "tracer"
>;

interface RetractorOptions extends Shared {
  readonly store: Pick<HistoryStream, "append" | "next" | "erase">;
  readonly writerOf: (video: string) => VideoWriter;
}

/** A stored retraction, and the messages that must still be erased for it. */
interface Stored {
  readonly seq: number;
  readonly holders: readonly ChainMessage[];
  /** Why it could not be sent to the gateways. */
  readonly fault: OvationError | undefined;
}

export class Retractor {
  readonly #options: RetractorOptions;
  readonly #limit = pLimit(AT_ONCE);
  readonly #ids = new ReservedIds();

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
    const { stats, writerOf } = this.#options;
    const writer = writerOf(video);
    let stored: Stored | undefined;
    await writer.runExclusive(job, async (chain) => {
      stored = await this.#carryOut(chain, id, trace);
      if (stored === undefined) job.reject(new OvationError("event_not_found"));
    });
    if (stored === undefined) return;
    // Also when the deadline has passed: deleted content must not stay.
    await this.#erase(writer.chain, stored.holders);
    if (stored.fault !== undefined) throw stored.fault;
    stats.retractions += 1;
    job.resolve(stored.seq);
  }

  /** Undefined when the history has no such event. */
  async #carryOut(
    chain: VideoChain,
    id: string,
    trace: TraceContext | undefined,
  ): Promise<Stored | undefined> {
    // Ovation's own events are not deleted.
    if (!EVENT_ID_PATTERN.test(id)) return undefined;
    for (;;) {
      const known = chain.ids.get(id);
      if (known !== undefined) {
        const { seq, owner, retractedBy } = known;
        const { sequence } = chain;
        const holders = await messagesOf(this.#options.store, chain, known.holders);
        // Another dispatcher told meanwhile that it stored something: perhaps that it deleted this.
        if (chain.sequence !== sequence) continue;
        if (retractedBy !== undefined) return this.#repeat(chain, retractedBy, holders);
        const event = holders.flatMap(eventsIn).find((one) => one.seq === seq);
        if (event !== undefined) {
          return await this.#store(chain, { id, seq, owner, kind: event.kind }, holders, trace);
        }
      }
      if (!(await this.#learnsMore(chain))) return undefined;
    }
  }

  /** Another dispatcher may have stored or moved the event a moment ago. */
  async #learnsMore(chain: VideoChain): Promise<boolean> {
    const { sequence } = chain;
    await this.#options.reader.bringUpToDate(chain);
    if (chain.trust !== "sound") {
      throw new OvationError("history_unavailable", "the history changed while it was read");
    }
    return chain.sequence !== sequence;
  }

  async #erase(chain: VideoChain, holders: readonly ChainMessage[]): Promise<void> {
    for (const holder of holders) {
      await this.#options.store.erase(holder.sequence);
      chain.ids.erased(holder.sequence, eventsIn(holder));
    }
  }

  async #store(
    chain: VideoChain,
    { owner, kind: targetKind, ...target }: Target & Pick<DurableEvent, "kind" | "owner">,
    holders: readonly ChainMessage[],
    trace: TraceContext | undefined,
  ): Promise<Stored> {
    const { store, stats, now, appendTimeoutMs, onStored, tracer } = this.#options;
    const at = now();
    const kind = RETRACTED_KIND;
    const id = this.#ids.next();
    const seq = chain.nextSeq(at);
    const bytes = encodeUnplaced({ id, kind, at, data: target });
    writePlace(bytes, seq, chain.last);
    const isDeleted = (event: DurableEvent) => {
      if (event.seq === target.seq) return true;
      // Of an earlier deletion, whose dispatcher died before it had erased them.
      const known = chain.ids.get(event.id);
      return known?.seq === event.seq && known.retractedBy !== undefined;
    };
    const record: StoredRecord = {
      prev: chain.last,
      last: seq,
      events: [{ id, kind, seq, bytes, retracts: target.seq, owner }],
      after: chain.sequence,
      amended: remainingOf(holders, isDeleted),
      counts: without(chain.counts, targetKind),
    };
    const payload = encodeRecord(record);
    const span = startStoreSpan(tracer, chain.video, trace === undefined ? [] : [trace], 1);
    const appending = store.append(chain.video, payload, record.after, appendTimeoutMs);
    const sequence = await withSpan(span, appending);
    chain.learn({ sequence, record, bytes: payload.length });
    this.#options.onCounted(chain.video, chain.totals, []);
    stats.records += 1;
    stats.events += 1;
    onStored(chain.video, { payload, sequence });
    const message = span === undefined ? payload : encodeRecord(record, span.trace);
    return { seq, holders, fault: this.#send(chain, message, 1) };
  }

  /** The dispatcher that stored the retraction may have died before it sent it to the gateways. */
  #repeat(chain: VideoChain, seq: number, holders: readonly ChainMessage[]): Stored {
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

/** The counts without an event of this kind. */
export function without({ origin, counts }: ChainCounts, kind: string): ChainCounts {
  const left = new Map(counts);
  addTo(left, kind, -1);
  return { origin, counts: left };
}
