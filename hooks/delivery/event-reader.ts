/**
 * Reads the events that are kept for endpoints, in order. Of a message in which a comment was deleted,
 * what remains is in a later message, and is read at the place of the first: see sources/redactor.ts.
 */
import pMap from "p-map";
import type { ReadMessage, StreamReader } from "../../shared/bus/stream-reader.ts";
import {
  hookEventsSubject,
  remainsSubjectsOf,
  targetOfHookEvents,
} from "../../shared/protocol/subjects.ts";

const READS_AT_ONCE = 8;
/** Places before the first message that is there, at which something may remain. */
const SEARCH_LIMIT = 10_000;

type Reader = Pick<StreamReader, "from" | "extent" | "next">;

export class EventReader {
  readonly #reader: Reader;
  readonly #source: string;

  /** @param source of the comments */
  constructor(reader: Reader, source: string) {
    this.#reader = reader;
    this.#source = source;
  }

  async extent(): ReturnType<Reader["extent"]> {
    return await this.#reader.extent();
  }

  /** The messages from `sequence` on, oldest first, in parts, until the newest one. */
  async *from(sequence: number, widest: number): AsyncGenerator<readonly ReadMessage[]> {
    let expected = sequence;
    for await (const messages of this.#reader.from(sequence, widest)) {
      const whole: ReadMessage[] = [];
      for (const message of messages) {
        whole.push(...(await this.#remains(expected, message.sequence)), message);
        expected = message.sequence + 1;
      }
      yield whole;
    }
  }

  /** What remains of the messages that are gone, from the first of these sequences to before the last. */
  async #remains(from: number, until: number): Promise<readonly ReadMessage[]> {
    if (from >= until) return [];
    // Of what the stream's limits removed, nothing remains; but what was erased may have been the first.
    const { first } = await this.#reader.extent();
    const start = Math.max(from, first - SEARCH_LIMIT);
    const places = Array.from({ length: Math.max(0, until - start) }, (_, index) => start + index);
    const remains = await pMap(places, (place) => this.#remainsOf(place), {
      concurrency: READS_AT_ONCE,
    });
    return remains.filter((message) => message !== undefined);
  }

  async #remainsOf(place: number): Promise<ReadMessage | undefined> {
    const message = await this.#reader.next(place + 1, remainsSubjectsOf(place));
    if (message === undefined) return undefined;
    const subject = hookEventsSubject(this.#source, targetOfHookEvents(message.subject));
    return { ...message, sequence: place, subject };
  }
}
