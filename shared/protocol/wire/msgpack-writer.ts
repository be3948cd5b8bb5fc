/**
 * Writes msgpack of a known shape straight into bytes of its exact size: for messages that a busy
 * process sends for each event, where describing them as arrays for an encoder costs more than
 * writing them.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

const NIL = 0xc0;
const FLOAT64 = 0xcb;
const MOST_SMALL = 0x7f;
const FLOAT64_BYTES = 9;
const SHORT_LIST = 16;
const SHORT_TEXT = 32;
const BYTE = 0x100;
const TWO_BYTES = 0x1_0000;

/** The size of a list's or a map's head. */
export function headSize(count: number): number {
  if (count < SHORT_LIST) return 1;
  return count < TWO_BYTES ? 3 : 5;
}

/** The size of a text of so many bytes as UTF-8, its head included. */
export function textSize(bytes: number): number {
  if (bytes < SHORT_TEXT) return 1 + bytes;
  if (bytes < BYTE) return 2 + bytes;
  return (bytes < TWO_BYTES ? 3 : 5) + bytes;
}

/** The size of so many bytes of binary, their head included. */
export function binarySize(bytes: number): number {
  if (bytes < BYTE) return 2 + bytes;
  return (bytes < TWO_BYTES ? 3 : 5) + bytes;
}

/** The size of a number as {@link MsgpackWriter.float} writes it. */
export const FLOAT_SIZE = FLOAT64_BYTES;

export class MsgpackWriter {
  /** What was written; complete once it is full. */
  readonly bytes: Buffer;
  #at = 0;

  /** @param size of all that will be written */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** The head of a list of so many elements, which follow. */
  list(count: number): void {
    if (count < SHORT_LIST) this.#byte(0x90 | count);
    else this.#sized(0xdc, 0xdd, count);
  }

  /** The head of a map of up to 15 entries: each key is followed by its value. */
  smallMap(entries: number): void {
    this.#byte(0x80 | entries);
  }

  /** @param bytes its length as UTF-8 */
  text(text: string, bytes = Buffer.byteLength(text)): void {
    if (bytes < SHORT_TEXT) this.#byte(0xa0 | bytes);
    else if (bytes < BYTE) {
      this.#byte(0xd9);
      this.#byte(bytes);
    } else this.#sized(0xda, 0xdb, bytes);
    // Of as many bytes as characters: each is a byte.
    const encoding = bytes === text.length ? "latin1" : "utf8";
    this.#at += this.bytes.write(text, this.#at, bytes, encoding);
  }

  binary(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length < BYTE) {
      this.#byte(0xc4);
      this.#byte(length);
    } else this.#sized(0xc5, 0xc6, length);
    this.bytes.set(bytes, this.#at);
    this.#at += length;
  }

  nil(): void {
    this.#byte(NIL);
  }

  /** A whole number from 0 to 127. */
  small(value: number): void {
    this.#byte(value & MOST_SMALL);
  }

  /** Any number, as float 64. */
  float(value: number): void {
    this.#byte(FLOAT64);
    this.#at = this.bytes.writeDoubleBE(value, this.#at);
  }

  #byte(value: number): void {
    this.bytes[this.#at] = value;
    this.#at += 1;
  }

  #sized(twoBytes: number, fourBytes: number, size: number): void {
    if (size < TWO_BYTES) {
      this.#byte(twoBytes);
      this.#at = this.bytes.writeUInt16BE(size, this.#at);
    } else {
      this.#byte(fourBytes);
      this.#at = this.bytes.writeUInt32BE(size, this.#at);
    }
  }
}
