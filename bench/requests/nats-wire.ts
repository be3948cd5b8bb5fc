/**
 * As much of NATS's client protocol as asking and being answered takes
 * (https://docs.nats.io/reference/reference-protocols/nats-protocol): requests are written many at a
 * time, and of an answer only its number and whether it is an acceptance are looked at. With the
 * client library, the generator would be at its limit long before a dispatcher is.
 */

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DOT = 0x2e;
const ZERO = 0x30;
const UPPER_M = 0x4d;
const UPPER_P = 0x50;
/** `{"accepted": …}` in msgpack begins with a map of one or two and a text of eight. */
const TEXT_OF_EIGHT = 0xa8;

/** @param accepted whether the request was */
export type OnAnswer = (number: number, accepted: boolean) => void;

/** A request as bytes; the answer will name `number`. */
export function requestText(
  subject: string,
  inbox: string,
  number: number,
  payload: string,
): string {
  return `PUB ${subject} ${inbox}.${number} ${payload.length}\r\n${payload}\r\n`;
}

/** Reads what the server sends, wherever the network cut it. */
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

  /** Takes the line, and returns where the next begins: beyond the end if this one isn't whole. */
  #line(bytes: Buffer, start: number, end: number): number {
    const first = bytes[start];
    if (first === UPPER_M) return this.#message(bytes, end);
    if (first === UPPER_P && bytes[start + 1] === 0x49) this.#onPing();
    if (first === 0x2d) throw new Error(`NATS: ${bytes.toString("latin1", start, end)}`);
    return end + 1;
  }

  /** `MSG subject.number sid length`, from the back, and the payload after it. */
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
