/**
 * Erases deleted comments from the events that are kept for endpoints. A message holds events of many
 * comments: those that stay go into a message of their own, which names the place that they belong to,
 * and the message is erased. Readers put them back there: see delivery/event-reader.ts.
 */
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { storableBytes, storeMessage } from "../../shared/bus/store-message.ts";
import type { ReadMessage, StreamReader } from "../../shared/bus/stream-reader.ts";
import {
  decodeStoredEvents,
  encodeStoredEvents,
  type StoredEvents,
} from "../../shared/protocol/hooks/stored-events.ts";
import {
  hookEventsSubject,
  hookEventsSubjectsAbout,
  remainsOf,
  remainsSubject,
} from "../../shared/protocol/subjects.ts";

const STORE_TIMEOUT_MS = 2_000;

type Reader = Pick<StreamReader, "extent" | "next" | "last" | "subjects" | "erase">;

interface RedactorOptions {
  readonly bus: Bus;
  readonly reader: Reader;
  /** The source of the comments. */
  readonly source: string;
  /** Called when something was stored. */
  readonly onStored: () => void;
}

/** A message, and the `seq` of its first and its last event. */
interface Holder {
  readonly message: ReadMessage;
  readonly stored: StoredEvents;
  readonly from: number;
  readonly to: number;
}

export class Redactor {
  readonly #options: RedactorOptions;

  constructor(options: RedactorOptions) {
    this.#options = options;
  }

  /**
   * Erases the events of deleted comments of a video, as far as there are any. It may be repeated.
   * @param seqs of the deleted comments
   * @throws Error when NATS can't be asked: then a part may be erased
   */
  async erase(video: string, seqs: ReadonlySet<number>): Promise<void> {
    for (const seq of seqs) {
      for (;;) {
        const holder = await this.#find(video, seq);
        if (holder === undefined || !(await this.#rewrite(video, holder, seqs))) break;
      }
    }
  }

  /** @returns false when the message has none of the events */
  async #rewrite(
    video: string,
    { message, stored }: Holder,
    seqs: ReadonlySet<number>,
  ): Promise<boolean> {
    const { bus, reader, onStored } = this.#options;
    const left = stored.events.filter(({ json }) => !seqs.has(seqOf(video, json)));
    if (left.length === stored.events.length) return false;
    const place = remainsOf(message.subject);
    try {
      if (left.length > 0) {
        const payload = encodeStoredEvents({ ...stored, events: left }, storableBytes(bus));
        const subject = remainsSubject(place ?? message.sequence, video);
        await storeMessage(bus, subject, payload, {
          timeoutMs: STORE_TIMEOUT_MS,
          after: place === undefined ? 0 : message.sequence,
        });
        onStored();
      }
    } catch (error) {
      // What remains of it is stored already: whoever did that was stopped before the message was
      // erased. Or another instance has rewritten it, and this one reads it again.
      if (!(error instanceof RevisionConflict)) throw error;
      if (place !== undefined) return true;
    }
    await reader.erase(message.sequence);
    return true;
  }

  /** The message that a comment's event is in, if it is in any: they are in the order of `seq`. */
  async #find(video: string, seq: number): Promise<Holder | undefined> {
    const { reader, source } = this.#options;
    const subject = hookEventsSubject(source, video);
    const { last } = await reader.extent();
    // What remains may be of messages before the first that is there.
    let [low, high] = [1, last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const holder = await this.#holderFrom(video, subject, middle);
      if (holder === undefined || seq < holder.from) high = middle;
      else if (seq > holder.to) low = holder.message.sequence + 1;
      else return holder;
    }
    return await this.#findRemains(video, seq, low);
  }

  /** In what remains of messages that were at this place in the stream, or after it. */
  async #findRemains(video: string, seq: number, first: number): Promise<Holder | undefined> {
    const { reader } = this.#options;
    const places = (await reader.subjects(hookEventsSubjectsAbout(video)))
      .map(remainsOf)
      .filter((place): place is number => place !== undefined && place >= first)
      .sort((one, other) => one - other);
    for (const place of places) {
      const message = await reader.last(remainsSubject(place, video));
      const holder = message && holderOf(video, message);
      if (holder === undefined || seq > holder.to) continue;
      return seq >= holder.from ? holder : undefined;
    }
    return undefined;
  }

  /** The first message of a subject from a sequence on that holds events. */
  async #holderFrom(video: string, subject: string, from: number): Promise<Holder | undefined> {
    for (let at = from; ; ) {
      const message = await this.#options.reader.next(at, subject);
      if (message === undefined) return undefined;
      const holder = holderOf(video, message);
      if (holder !== undefined) return holder;
      at = message.sequence + 1;
    }
  }
}

function holderOf(video: string, message: ReadMessage): Holder | undefined {
  const stored = decodeStoredEvents(message.payload);
  const [first, last] = [stored?.events[0], stored?.events.at(-1)];
  if (stored === undefined || first === undefined || last === undefined) return undefined;
  return { message, stored, from: seqOf(video, first.json), to: seqOf(video, last.json) };
}

/** Of a comment's event; the `seq` is the end of its id. */
function seqOf(video: string, json: string): number {
  const { id } = JSON.parse(json) as { readonly id: string };
  return Number(id.slice(video.length + 1));
}
