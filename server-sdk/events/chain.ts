/**
 * Puts the records of each video in order, and finds those whose message was erased.
 *
 * A deletion stores what is left of the deleted event's message in a later one (`amended`), with the
 * sequence that it had, and erases it. A reader that comes after that meets a message that names one
 * before it (`after`) which is not there, and has to look ahead for it.
 */
import {
  type AmendedRecord,
  type ChainRecord,
  decodeRecord,
  type StoredRecord,
} from "../../shared/protocol/history/record.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { OvationError } from "../error.ts";
import type { Position } from "./position.ts";
import type { Store, StoredMessage } from "./store.ts";

/** Videos of which it is remembered how far they were read. */
const READ_LIMIT = 100_000;
/** Videos of which it is remembered what was found ahead. */
const AHEAD_LIMIT = 64;

/** The records that a message brings, oldest first; those that it took over may be among them. */
export interface Brought {
  readonly video: string;
  readonly records: readonly ChainRecord[];
  /** The video's events were erased; the `seq` of that. */
  readonly erased?: number;
}

/** What later messages of a video took over. */
interface Ahead {
  /** Up to this sequence. */
  until: number;
  /** By the sequence that each record had. */
  readonly records: Map<number, AmendedRecord>;
  /** Whether everything before one of those messages was erased. */
  isErased: boolean;
}

export class Chains {
  readonly #store: Pick<Store, "next">;
  #settled: number;
  #since: number;
  /** Up to this sequence, everything that was there was told. */
  #start: number;
  #done: Position["done"];
  /** The last message that was read of a video since it settled. */
  readonly #read = new Map<string, number>();
  readonly #ahead = new Map<string, Ahead>();

  constructor(store: Pick<Store, "next">, { sequence, settled, since, done }: Position) {
    this.#store = store;
    this.#start = sequence;
    this.#settled = settled;
    this.#since = since;
    this.#done = done;
  }

  /** Everything up to this sequence was read, and there is nothing after it. */
  settle(sequence: number): void {
    this.#start = sequence;
    this.#settled = sequence;
    this.#since = sequence;
    this.#read.clear();
    this.#ahead.clear();
  }

  /**
   * Reads the next message.
   * @throws LostRecords when something between it and the last one of its video is gone
   * @throws OvationError for a format that this version doesn't know
   */
  async take(message: StoredMessage): Promise<Brought> {
    const { video, sequence } = message;
    const record = recordIn(message);
    const done = this.#done?.video === video ? this.#done.seq : -1;
    if (record === undefined) return { video, records: [] };
    const isErasure = erases(record);
    const earlier = isErasure ? [] : await this.#before(message, record, done);
    this.#remember(video, sequence);
    if (done >= 0) this.#done = undefined;
    if (isErasure) return record.last > done ? erasure(video, record) : { video, records: [] };
    const records = [...earlier, record].map(({ prev, last, events }) => {
      return { prev, last, events: events.filter(({ seq }) => seq > done) };
    });
    return { video, records };
  }

  /** What belongs between the last message that was read of the video and this one. */
  async #before(
    message: StoredMessage,
    record: StoredRecord,
    done: number,
  ): Promise<readonly AmendedRecord[]> {
    const { video, sequence } = message;
    const read = this.#read.get(video) ?? this.#settled;
    const found: AmendedRecord[] = [];
    let { after, prev } = record;
    while (after > read && prev > done) {
      const place = after;
      const amended = record.amended.find((one) => one.sequence === place);
      // It was read where it stands.
      if (amended === undefined && (await this.#isAt(video, place))) break;
      const one = amended ?? (await this.#lookAhead(video, sequence, place)).records.get(place);
      if (one === undefined) {
        return [...this.#withoutRest(video, read, { place, prev, found, record }), ...found];
      }
      found.unshift(one);
      ({ after, prev } = one);
    }
    return found;
  }

  /** What else there is, where a record is missing. */
  #withoutRest(
    video: string,
    read: number,
    { place, prev, found, record }: Missing,
  ): readonly AmendedRecord[] {
    const ahead = this.#ahead.get(video);
    if (ahead?.isErased === true) return [];
    // It is the beginning of what is kept.
    if (place <= this.#since) {
      const isOlder = (one: AmendedRecord) => one.sequence > read && one.sequence < place;
      return [...record.amended, ...(ahead?.records.values() ?? [])]
        .filter((one) => isOlder(one) && !found.includes(one))
        .toSorted((one, other) => one.last - other.last)
        .filter((one, index, all) => one.last !== all[index - 1]?.last);
    }
    // It was told before it went.
    if (place <= this.#start) return [];
    throw new LostRecords(video, prev);
  }

  async #isAt(video: string, sequence: number): Promise<boolean> {
    return (await this.#store.next(sequence, video))?.sequence === sequence;
  }

  /** Reads the video's later messages, until the record is found or there are no more. */
  async #lookAhead(video: string, from: number, place: number): Promise<Ahead> {
    const ahead = this.#ahead.get(video) ?? { until: from, records: new Map(), isErased: false };
    this.#ahead.delete(video);
    this.#ahead.set(video, ahead);
    shorten(this.#ahead, AHEAD_LIMIT);
    while (!ahead.records.has(place)) {
      const message = await this.#store.next(Math.max(ahead.until, from) + 1, video);
      if (message === undefined) break;
      ahead.until = message.sequence;
      const record = recordIn(message);
      if (record === undefined) continue;
      ahead.isErased ||= erases(record);
      for (const one of record.amended) ahead.records.set(one.sequence, one);
    }
    return ahead;
  }

  #remember(video: string, sequence: number): void {
    this.#read.delete(video);
    this.#read.set(video, sequence);
    this.#start = Math.max(this.#start, shorten(this.#read, READ_LIMIT) ?? 0);
  }
}

interface Missing {
  /** The sequence that it had. */
  readonly place: number;
  /** Its last `seq`. */
  readonly prev: number;
  readonly found: readonly AmendedRecord[];
  readonly record: StoredRecord;
}

/** Events that were stored, and not deleted, went out of the history before they were read. */
export class LostRecords extends Error {
  readonly video: string;
  /** The `seq` of the last one that is lost. */
  readonly seq: number;

  constructor(video: string, seq: number) {
    super(`events of ${video} are lost`);
    this.video = video;
    this.seq = seq;
  }
}

/** Undefined for what Ovation didn't store. */
function recordIn({ payload, sequence }: StoredMessage): StoredRecord | undefined {
  const record = decodeRecord(payload);
  if (record === undefined && isOtherVersion(payload)) {
    const text = `the history has a record of a later format, sequence ${sequence}: use a later ovation-server`;
    throw new OvationError("record_unreadable", text);
  }
  return record;
}

function isOtherVersion(payload: Uint8Array): boolean {
  try {
    const value = decodeTrustedMsgpack(payload);
    return Array.isArray(value) && Number.isInteger(value[0]);
  } catch {
    return false;
  }
}

/** A record without a predecessor and without an event stands for all that was erased before it. */
function erases({ prev, last, events, amended }: StoredRecord): boolean {
  return events.length === 0 && amended.length === 0 && prev === last - 1;
}

function erasure(video: string, { last }: StoredRecord): Brought {
  return { video, records: [], erased: last };
}

/** Removes the oldest entry of a map that has too many. @returns its value */
function shorten<Value>(map: Map<string, Value>, limit: number): Value | undefined {
  if (map.size <= limit) return undefined;
  const [oldest] = map;
  if (oldest !== undefined) map.delete(oldest[0]);
  return oldest?.[1];
}
