/**
 * Erases what the history keeps of a video, or of an actor on a video: as a retraction does, the
 * messages' bytes are overwritten in the store, and viewers are told.
 */
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  type DurableEvent,
  encodeUnplaced,
  writePlace,
} from "../../shared/protocol/history/durable-event.ts";
import { encodeRecord, erasure, type StoredRecord } from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { ReservedIds } from "../../shared/protocol/names.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import { RECORD_EVENTS_LIMIT } from "./batch.ts";
import { type ChainMessage, readMessage } from "./chain-message.ts";
import { eventsIn, remainingOf } from "./retraction.ts";
import { without } from "./retractor.ts";
import type { VideoChain } from "./video-chain.ts";
import type { VideoWriter, VideoWriterOptions } from "./video-writer.ts";

interface EraserOptions
  extends Pick<
    VideoWriterOptions,
    | "stats"
    | "now"
    | "appendTimeoutMs"
    | "fanout"
    | "onStored"
    | "onCounted"
    | "reader"
    | "bytesLimit"
  > {
  readonly store: Pick<HistoryStream, "append" | "read" | "erase">;
  readonly writerOf: (video: string) => VideoWriter;
}

/** Messages that hold an actor's events, and those of the events that viewers may have. */
interface Found {
  readonly holders: readonly ChainMessage[];
  readonly targets: readonly DurableEvent[];
}

/** A chain of which nothing is left. */
export interface ErasedChain {
  /** How many events it had. */
  readonly events: number;
  /** Its last `seq`, that of the erasure included. */
  readonly seq: number;
}

export class HistoryEraser {
  readonly #options: EraserOptions;
  readonly #ids = new ReservedIds();

  constructor(options: EraserOptions) {
    this.#options = options;
  }

  /**
   * Erases all events of a video; its viewers get a reset.
   * Only an empty record stays, which tells gateways that were away that a new chain has begun.
   */
  eraseVideo(video: string, job: Deferred<ErasedChain>): void {
    this.#run(video, job, (chain) => this.#eraseAll(chain));
  }

  /** Erases all events of an actor on a video; the job's outcome is how many there were. */
  eraseActor(video: string, actor: string, job: Deferred<number>): void {
    let erased = 0;
    this.#run(video, job, async (chain) => {
      for (;;) {
        const found = await this.#find(chain, actor);
        if (found.holders.length === 0) return erased;
        await this.#retract(chain, found, actor);
        erased += found.targets.length;
      }
    });
  }

  #run<T>(video: string, job: Deferred<T>, erase: (chain: VideoChain) => Promise<T>): void {
    const { reader, writerOf } = this.#options;
    void writerOf(video).runExclusive(job, async (chain) => {
      // Another dispatcher may have stored something that nobody told us of.
      await reader.bringUpToDate(chain);
      if (chain.trust !== "sound") throw new OvationError("history_unavailable");
      job.resolve(await erase(chain));
    });
  }

  async #eraseAll(chain: VideoChain): Promise<ErasedChain> {
    const { store, now } = this.#options;
    const messages = (await store.read(chain.video)).map(readMessage);
    const seqs = new Set(messages.flatMap(eventsIn).map(({ seq }) => seq));
    if (seqs.size === 0) return { events: 0, seq: chain.last };
    const seq = chain.nextSeq(now());
    await this.#append(chain, erasure(seq, chain.sequence));
    for (const { sequence } of messages) await store.erase(sequence);
    // Read again before anything else is stored: nothing of the old chain counts.
    chain.restart(false);
    return { events: seqs.size, seq };
  }

  /** Part of what there is, as much as one record can take over. */
  async #find(chain: VideoChain, actor: string): Promise<Found> {
    const { store, bytesLimit } = this.#options;
    const holders: ChainMessage[] = [];
    const targets = new Map<number, DurableEvent>();
    let bytes = 0;
    for (const message of await store.read(chain.video)) {
      // Most messages have nothing of the actor, and need not be decoded.
      if (!bytesOf(message.payload).includes(actor)) continue;
      const holder = readMessage(message);
      const own = eventsIn(holder).filter((event) => isOf(event, actor));
      if (own.length === 0) continue;
      const isFull =
        bytes + holder.bytes > bytesLimit() || targets.size + own.length > RECORD_EVENTS_LIMIT;
      if (isFull && holders.length > 0) break;
      holders.push(holder);
      bytes += holder.bytes;
      for (const event of own) {
        const known = chain.ids.get(event.id);
        const isRetracted = known?.seq === event.seq && known.retractedBy !== undefined;
        if (!isRetracted) targets.set(event.seq, event);
      }
    }
    return { holders, targets: [...targets.values()] };
  }

  async #retract(chain: VideoChain, { holders, targets }: Found, actor: string): Promise<void> {
    const { store, stats, now } = this.#options;
    const at = now();
    const base = chain.nextSeq(at);
    const events = targets.map(({ id: target, seq: retracts, owner }, index): DurableEvent => {
      const id = this.#ids.next();
      const seq = base + index;
      const data = { id: target, seq: retracts };
      const bytes = encodeUnplaced({ id, kind: RETRACTED_KIND, at, data });
      writePlace(bytes, seq, index === 0 ? chain.last : seq - 1);
      return { id, kind: RETRACTED_KIND, seq, bytes, retracts, owner };
    });
    const isDeleted = (event: DurableEvent) => {
      const known = chain.ids.get(event.id);
      const isRetracted = known?.seq === event.seq && known.retractedBy !== undefined;
      return isRetracted || isOf(event, actor);
    };
    await this.#append(chain, {
      prev: chain.last,
      last: base + Math.max(0, events.length - 1),
      events,
      after: chain.sequence,
      amended: remainingOf(holders, isDeleted),
      counts: targets.reduce((counts, { kind }) => without(counts, kind), chain.counts),
    });
    this.#options.onCounted(chain.video, chain.totals, []);
    for (const holder of holders) {
      await store.erase(holder.sequence);
      chain.ids.erased(holder.sequence, eventsIn(holder));
    }
    stats.retractions += targets.length;
  }

  async #append(chain: VideoChain, record: StoredRecord): Promise<void> {
    const { store, stats, appendTimeoutMs, onStored, fanout } = this.#options;
    const payload = encodeRecord(record);
    const sequence = await store.append(chain.video, payload, record.after, appendTimeoutMs);
    chain.learn({ sequence, record, bytes: payload.length });
    stats.records += 1;
    stats.events += record.events.length;
    onStored(chain.video, { payload, sequence });
    try {
      fanout.send(chain.video, payload, record.events.length);
    } catch {
      // Gateways find it when they check the history; what is left to erase must not wait for them.
    }
  }
}

function bytesOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function isOf({ kind, bytes }: DurableEvent, actor: string): boolean {
  if (kind === RETRACTED_KIND) return false;
  const event = decodeTrustedMsgpack(bytes);
  return typeof event === "object" && event !== null && "actor" in event && event.actor === actor;
}
