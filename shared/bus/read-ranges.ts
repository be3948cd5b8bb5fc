/**
 * Reads a large bucket's current content by direct gets, several hundred at a time: a tenth of the
 * work of asking for each key. The sequences are divided into ranges, each read from one message to
 * the next; a range that is done takes over half of the one that has most left.
 *
 * Any replica may answer, also one that lags. It has no message that its stream got later, so the end
 * of what it has is checked with the leader. What it still has of a key that changed has a lower
 * revision than the newer entry, which is found too.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, MsgHdrs } from "nats";
import { type BucketEntry, bucketEntryOf } from "./bucket-entry.ts";
import type { Bus } from "./connection.ts";
import type { Newest } from "./read-newest.ts";

const RANGES = 512;
/** Messages, or sequences, for which another range is worth it. */
const RANGE_MESSAGES = 8;
/** Without any answer for so long, the read fails. */
const SILENCE_MS = 2_000;
/** The most messages that one request gets, of nats-server 2.11 or later; earlier ones send one. */
const BATCH = 128;
const END_OF_BATCH = 204;
const NOT_FOUND = 404;

interface Source {
  readonly bus: Pick<Bus, "connection" | "newInbox">;
  readonly manager: JetStreamManager;
  readonly stream: string;
  /** What precedes the key in a message's subject. */
  readonly prefix: string;
}

/** What the stream held when its state was asked for. */
interface Extent {
  readonly first: number;
  readonly last: number;
  readonly messages: number;
}

/** Sequences that are still to be read. */
interface Range {
  next: number;
  end: number;
}

class RangesReader {
  readonly #source: Source;
  readonly #entries = new Map<string, BucketEntry>();
  readonly #ranges: Range[] = [];
  readonly #inbox: string;
  readonly #outcome = Promise.withResolvers<void>();
  #open = 0;
  #answeredAt = performance.now();

  constructor(source: Source) {
    this.#source = source;
    this.#inbox = source.bus.newInbox();
  }

  async read({ first, last, messages }: Extent): Promise<Map<string, BucketEntry>> {
    if (messages === 0) return this.#entries;
    const { connection } = this.#source.bus;
    const subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#received(message);
        else this.#outcome.reject(error);
      },
    });
    const watchdog = setInterval(() => {
      if (performance.now() - this.#answeredAt < SILENCE_MS) return;
      this.#outcome.reject(new Error(`${this.#source.stream} can't be read: no answer`));
    }, SILENCE_MS / 4);
    try {
      const count = Math.min(RANGES, Math.ceil(messages / RANGE_MESSAGES));
      const size = Math.ceil((last + 1 - first) / count);
      for (let next = first; next <= last; next += size) {
        this.#ranges.push({ next, end: Math.min(next + size - 1, last) });
      }
      this.#open = this.#ranges.length;
      for (const index of this.#ranges.keys()) this.#ask(index);
      await this.#outcome.promise;
      return this.#current();
    } finally {
      clearInterval(watchdog);
      // With the connection, the subscription may have ended too.
      if (!subscription.isClosed()) subscription.unsubscribe();
    }
  }

  /** The newest of each key, without those that were removed. */
  #current(): Map<string, BucketEntry> {
    for (const [key, { value }] of this.#entries) {
      if (value === undefined) this.#entries.delete(key);
    }
    return this.#entries;
  }

  #ask(index: number): void {
    const { bus, stream } = this.#source;
    const { next = 0, end = 0 } = this.#ranges[index] ?? {};
    // At least two: one message is no batch, and nothing would end it.
    const batch = Math.min(BATCH, end + 2 - next);
    const request = `{"seq":${next},"next_by_subj":">","batch":${batch}}`;
    bus.connection.publish(`$JS.API.DIRECT.GET.${stream}`, request, {
      reply: `${this.#inbox}.${index}`,
    });
  }

  #received(message: Msg): void {
    this.#answeredAt = performance.now();
    const index = Number(message.subject.slice(this.#inbox.length + 1));
    const range = this.#ranges[index];
    if (range === undefined) return;
    const { headers } = message;
    const subject = headers?.get("Nats-Subject") ?? "";
    if (subject !== "") {
      this.#took(range, subject, headers, message.data, Number(headers?.get("Nats-Sequence")));
      // In a batch, others follow, and a message that ends it.
      if (headers?.has("Nats-Num-Pending") === true) return;
    } else if (headers?.code === NOT_FOUND) {
      return void this.#askLeader(index, range).catch((error) => this.#outcome.reject(error));
    } else if (headers?.code !== END_OF_BATCH) {
      return this.#outcome.reject(new Error(`${this.#source.stream}: ${headers?.status}`));
    }
    this.#goOn(index, range);
  }

  #goOn(index: number, range: Range): void {
    if (range.next > range.end) this.#done(index);
    else this.#ask(index);
  }

  /** The replica that answered has nothing more; the leader may have. */
  async #askLeader(index: number, range: Range): Promise<void> {
    const { manager, stream } = this.#source;
    const query = { seq: range.next, next_by_subj: ">" };
    const message = await manager.streams.getMessage(stream, query);
    this.#answeredAt = performance.now();
    if (message === null) return this.#done(index);
    this.#took(range, message.subject, message.header, message.data, message.seq);
    this.#goOn(index, range);
  }

  #took(
    range: Range,
    subject: string,
    headers: MsgHdrs | undefined,
    data: Uint8Array,
    sequence: number,
  ): void {
    if (sequence <= range.end) {
      const key = subject.slice(this.#source.prefix.length);
      if (sequence > (this.#entries.get(key)?.revision ?? 0)) {
        this.#entries.set(key, bucketEntryOf(key, headers, data, sequence));
      }
    }
    range.next = sequence + 1;
  }

  /** Takes over half of what another range has left. */
  #done(index: number): void {
    const range = this.#ranges[index];
    let most: Range | undefined;
    for (const other of this.#ranges) {
      if (other !== range && left(other) > (most === undefined ? RANGE_MESSAGES : left(most)))
        most = other;
    }
    if (range === undefined || most === undefined) {
      this.#open -= 1;
      if (range !== undefined) range.next = range.end + 1;
      if (this.#open === 0) this.#outcome.resolve();
      return;
    }
    // Its next message is asked for already.
    const middle = most.next + Math.ceil(left(most) / 2);
    range.next = middle;
    range.end = most.end;
    most.end = middle - 1;
    this.#ask(index);
  }
}

function left({ next, end }: Range): number {
  return end + 1 - next;
}

/**
 * Reads the newest entry of each key, except those that change meanwhile: whoever reads follows the
 * changes after {@link Newest.lastSequence}.
 * @throws Error of the client: no such stream, or no answer
 */
export async function readRanges(source: Source): Promise<Newest> {
  const { created, state } = await source.manager.streams.info(source.stream);
  const { first_seq: first, last_seq: last, messages } = state;
  const entries = await new RangesReader(source).read({ first, last, messages });
  return { incarnation: String(created), lastSequence: last, entries };
}
