/**
 * Decodes messages, each distinct one only once: a server sends the same bytes to thousands of viewers,
 * so most of the remaining work is comparing them with messages decoded before.
 */
import type { Dialect, Incoming } from "./dialect.ts";

/** Remembered messages. A server sends to its viewers in slices, so only a few are in use. */
const REMEMBERED = 512;

interface Known {
  readonly bytes: Buffer;
  readonly meaning: Incoming;
}

export class Interpreter {
  readonly #dialect: Dialect;
  readonly #known = new Map<number, Known>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The decoded `bytes[start, end)`. */
  read(opcode: number, bytes: Buffer, start: number, end: number): Incoming {
    const key = keyOf(bytes, start, end);
    const known = this.#known.get(key);
    if (
      known !== undefined &&
      known.bytes.length === end - start &&
      known.bytes.compare(bytes, start, end) === 0
    ) {
      return known.meaning;
    }
    const own = Buffer.from(bytes.subarray(start, end));
    const meaning = this.#dialect.read(opcode, own);
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, { bytes: own, meaning });
    return meaning;
  }
}

/** A key from the length and the last bytes, where the newest event is. Only a hint: the bytes decide. */
function keyOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  const last = length >= 4 ? bytes.readUInt32LE(end - 4) : 0;
  const before = length >= 8 ? bytes.readUInt32LE(end - 8) : 0;
  return (last ^ Math.imul(before, 0x9e3779b1) ^ Math.imul(length, 0x85ebca6b)) >>> 0;
}
