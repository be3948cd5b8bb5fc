/**
 * The part of NATS's client protocol that requests and answers need
 * (https://docs.nats.io/reference/reference-protocols/nats-protocol): requests are written in batches,
 * and only the number and the outcome of an answer are read. With the client library, the generator
 * would reach its limit long before a dispatcher.
 */

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DOT = 0x2e;
const ZERO = 0x30;
const UPPER_M = 0x4d;
const UPPER_P = 0x50;
/** `{"accepted": …}` in msgpack begins with a map of one or two entries and a string of eight bytes. */
const TEXT_OF_EIGHT = 0xa8;

/** @param accepted whether the request was accepted */
export type OnAnswer = (number: number, accepted: boolean) => void;

/** The bytes of a request; its answer will contain `number`. */
export function requestText(
  subject: string,
  inbox: string,
  number: number,
  payload: string,
): string {
  return `PUB ${subject} ${inbox}.${number} ${payload.length}\r\n${payload}\r\n`;
}

/** Parses what the server sends, however the network splits it. */
export class AnswerReader {
  readonly #onAnswer: OnAnswer;
  readonly #onPing: () => void;
  #rest: Buffer | undefined;

  constructor(onAnswer: OnAnswer, onPing: () => void) {
    this.#onAnswer = onAnswer;
    this.#onPing = onPing;
  }

  /** @throws when the server reports an error */
  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LF, at);
      if (end < 0) break;
      const next = this.#line(bytes, at, end);
      if (next > bytes.length) break;
      at = next;
    }
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  /** Handles the line, and returns where the next begins: beyond the end if this one is incomplete. */
  #line(bytes: Buffer, start: number, end: number): number {
    const first = bytes[start];
    if (first === UPPER_M) return this.#message(bytes, end);
    if (first === UPPER_P && bytes[start + 1] === 0x49) this.#onPing();
    if (first === 0x2d) throw new Error(`NATS: ${bytes.toString("latin1", start, end)}`);
    return end + 1;
  }

  /** `MSG subject.number sid length`, parsed from the end, and the payload after it. */
  #message(bytes: Buffer, end: number): number {
    let at = end - 1;
    if (bytes[at] === CR) at -= 1;
    let length = 0;
    for (let unit = 1; bytes[at] !== SPACE; at -= 1, unit *= 10) {
      length += ((bytes[at] ?? ZERO) - ZERO) * unit;
    }
    const payload = end + 1;
    const next = payload + length + 2;
    if (next > bytes.length) return next;
    at -= 1;
    while (bytes[at] !== SPACE) at -= 1;
    at -= 1;
    let number = 0;
    for (let unit = 1; bytes[at] !== DOT; at -= 1, unit *= 10) {
      number += ((bytes[at] ?? ZERO) - ZERO) * unit;
    }
    this.#onAnswer(number, bytes[payload + 1] === TEXT_OF_EIGHT);
    return next;
  }
}
