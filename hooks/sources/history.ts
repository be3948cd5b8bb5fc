/** Comments that were stored and deleted, from the history. */
import type { ReadMessage, StreamReader } from "../../shared/bus/stream-reader.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { type ChainRecord, decodeRecord } from "../../shared/protocol/history/record.ts";
import type { HookEvent } from "../../shared/protocol/hooks/events.ts";
import type { SourceProgress } from "../../shared/protocol/hooks/progress.ts";
import { type WaitingEvent, waitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { videoOfHistorySubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { Missed } from "./missed.ts";
import type { Outbox } from "./outbox.ts";
import type { Redactor } from "./redactor.ts";
import type { Collector } from "./source.ts";

/** Bytes that an event takes in an entry besides its JSON. */
const EVENT_OVERHEAD_BYTES = 32;

interface Collected {
  /** Rises by 1 from record to record, and by a share of that within one. */
  readonly position: number;
  readonly event: WaitingEvent;
}

/** The source of comments, as part of subjects and keys. */
export const HISTORY_SOURCE = "history";

export class HistoryCollector implements Collector {
  readonly name = HISTORY_SOURCE;
  readonly #outbox: Outbox;
  readonly #redactor: Redactor;
  readonly #missed: Missed;

  constructor(outbox: Outbox, redactor: Redactor, reader: StreamReader) {
    this.#outbox = outbox;
    this.#redactor = redactor;
    this.#missed = new Missed(reader);
  }

  begin({ position }: SourceProgress): void {
    this.#missed.begin(position);
  }

  async collect(messages: readonly ReadMessage[], { epoch }: SourceProgress): Promise<void> {
    const videos = new Map<string, Collected[]>();
    /** By video, the `seq` of what was deleted. */
    const deleted = new Map<string, Set<number>>();
    for (const message of messages) {
      const video = videoOfHistorySubject(message.subject);
      const record = decodeRecord(message.payload);
      if (video === undefined || record === undefined) continue;
      const missed = await this.#missed.before(video, message, record);
      const collected = videos.get(video) ?? [];
      videos.set(video, collected);
      const events = eventsOf([...missed, record]);
      for (const [index, event] of events.entries()) {
        const { retracts } = event;
        if (retracts !== undefined)
          deleted.set(video, (deleted.get(video) ?? new Set()).add(retracts));
        const waiting = waitingOf(video, epoch, event);
        const position = message.sequence - 1 + (index + 1) / events.length;
        if (waiting !== undefined) collected.push({ position, event: waiting });
      }
    }
    await Promise.all(
      [...videos].map(async ([video, collected]) => {
        for (const part of partsOf(collected, this.#outbox.partBytes))
          await this.#put(video, epoch, part);
        await this.#redactor.erase(video, deleted.get(video) ?? new Set());
      }),
    );
  }

  async #put(video: string, epoch: string, part: readonly Collected[]): Promise<void> {
    await this.#outbox.put(this.name, video, epoch, ({ upTo }) => {
      const news = part.filter(({ position }) => position > upTo);
      const last = news.at(-1);
      if (last === undefined) return undefined;
      return { upTo: last.position, mark: "", events: news.map(({ event }) => event) };
    });
  }
}

function* partsOf(
  collected: readonly Collected[],
  limitBytes: number,
): Generator<readonly Collected[]> {
  let part: Collected[] = [];
  let bytes = 0;
  for (const one of collected) {
    const size = Buffer.byteLength(one.event.json) + EVENT_OVERHEAD_BYTES;
    if (part.length > 0 && bytes + size > limitBytes) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function eventsOf(records: readonly ChainRecord[]): readonly DurableEvent[] {
  return records.flatMap(({ events }) => events);
}

function waitingOf(video: string, epoch: string, event: DurableEvent): WaitingEvent | undefined {
  const { kind, seq, retracts } = event;
  const value = decodeTrustedMsgpack(event.bytes);
  if (typeof value !== "object" || value === null) return undefined;
  const { id, at, actor, data } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || typeof at !== "number") return undefined;
  const about = { version: 1, id: `${video}:${seq}`, at, video } as const;
  if (kind === RETRACTED_KIND) {
    const target = data as { readonly id?: unknown } | undefined;
    if (typeof target?.id !== "string" || retracts === undefined) return undefined;
    const deleted = { id: target.id, seq: retracts, epoch };
    return waitingEvent({ ...about, type: "comment.deleted", data: deleted });
  }
  const stored = {
    id,
    kind,
    seq,
    epoch,
    ...(typeof actor === "string" ? { actor } : {}),
  };
  const whole: HookEvent = {
    ...about,
    type: "comment.stored",
    data: { ...stored, ...(data === undefined ? {} : { data }) },
  };
  try {
    return waitingEvent(whole);
  } catch {
    // MessagePack holds values that JSON can't.
    return waitingEvent({ ...about, type: "comment.stored", data: stored });
  }
}
