/**
 * Finds what was erased from the history before it was read. When a comment is deleted, its record is
 * erased, and the other events in it go into a later record. Who has read the record before needs
 * nothing of that; who has not finds the gap by the message that each record names as its predecessor.
 */
import type { ReadMessage, StreamReader } from "../../shared/bus/stream-reader.ts";
import type { ChainRecord, StoredRecord } from "../../shared/protocol/history/record.ts";
import { decodeRecord } from "../../shared/protocol/history/record.ts";
import { historySubject } from "../../shared/protocol/subjects.ts";

/** Videos whose newest record is remembered. */
const REMEMBERED_LIMIT = 20_000;
/** Records that are searched for what is missing. */
const SEARCH_LIMIT = 1_000;

interface Read {
  readonly sequence: number;
  /** `seq` of its last event. */
  readonly last: number;
}

export class Missed {
  readonly #reader: Pick<StreamReader, "has" | "next">;
  readonly #read = new Map<string, Read>();
  /** Everything up to it was read before. */
  #floor = 0;

  constructor(reader: Pick<StreamReader, "has" | "next">) {
    this.#reader = reader;
  }

  begin(position: number): void {
    this.#floor = position;
    this.#read.clear();
  }

  /** The records between the one that was read last and this one, with what remains of them. */
  async before(
    video: string,
    message: ReadMessage,
    record: StoredRecord,
  ): Promise<readonly ChainRecord[]> {
    const read = this.#read.get(video);
    const { after } = record;
    const isRead = after <= this.#floor || read?.sequence === after;
    const missed =
      isRead || (await this.#reader.has(after))
        ? []
        : await this.#find(video, message, record, read?.last ?? 0);
    if (this.#read.size >= REMEMBERED_LIMIT) this.#read.clear();
    this.#read.set(video, { sequence: message.sequence, last: record.last });
    return missed;
  }

  async #find(
    video: string,
    message: ReadMessage,
    record: StoredRecord,
    last: number,
  ): Promise<readonly ChainRecord[]> {
    const amended = new Map<number, ChainRecord>();
    const subject = historySubject(video);
    let at: ReadMessage | undefined = message;
    for (let searched = 0; at !== undefined && searched < SEARCH_LIMIT; searched += 1) {
      // A later record wins: more of its events may be deleted.
      for (const one of decodeRecord(at.payload)?.amended ?? []) amended.set(one.last, one);
      at = await this.#reader.next(at.sequence + 1, subject);
    }
    const missed: ChainRecord[] = [];
    let one = amended.get(record.prev);
    while (one !== undefined && one.last > last) {
      missed.unshift(one);
      one = one.prev < one.last ? amended.get(one.prev) : undefined;
    }
    return missed;
  }
}
