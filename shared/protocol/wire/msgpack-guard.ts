/**
 * Walks untrusted msgpack before it is decoded, and refuses what JSON could not carry or what
 * would make a decoder allocate: lengths beyond the bytes that are there, deep nesting, extension
 * types, binary, text that is not UTF-8, keys that are not text, numbers that are not finite or not
 * exact.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

import { isUtf8 } from "node:buffer";

/** Deepest nesting of arrays and maps that is taken from outside. */
export const MAX_DEPTH = 16;

export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

const PROTO = Buffer.from("__proto__");
const CONSTRUCTOR = Buffer.from("constructor");
const PROTOTYPE = Buffer.from("prototype");

/** Bytes of a value's header after its first byte, by that byte; -1 for what is refused. */
function scalarSize(first: number): number {
  switch (first) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return 0;
    case 0xcc: // uint8
    case 0xd0: // int8
      return 1;
    case 0xcd:
    case 0xd1:
      return 2;
    case 0xca: // float32
    case 0xce:
    case 0xd2:
      return 4;
    case 0xcb: // float64
    case 0xcf: // uint64
    case 0xd3: // int64
      return 8;
    default:
      return -1;
  }
}

class Walker {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  check(): void {
    this.#value(0);
    if (this.#at !== this.#bytes.length) throw new MalformedError("bytes follow the value");
  }

  #need(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new MalformedError("the value is cut off");
  }

  #unsigned(size: 1 | 2 | 4): number {
    this.#need(size);
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  #text(length: number): void {
    this.#need(length);
    const end = this.#at + length;
    // Most text is ASCII, which is told faster by looking than by calling.
    let at = this.#at;
    while (at < end && (this.#bytes[at] ?? 0) < 0x80) at += 1;
    if (at < end && !isUtf8(this.#bytes.subarray(at, end))) {
      throw new MalformedError("text is not UTF-8");
    }
    this.#at = end;
  }

  /** @returns where the key's text begins; it ends where the walker is */
  #key(): number {
    const first = this.#unsigned(1);
    let length = first & 0x1f;
    if (first === 0xd9) length = this.#unsigned(1);
    else if (first === 0xda) length = this.#unsigned(2);
    else if (first >> 5 !== 0b101) throw new MalformedError("a key is not text");
    const start = this.#at;
    this.#text(length);
    if (this.#isKey(start, PROTO)) throw new MalformedError("the key __proto__ is refused");
    return start;
  }

  #isKey(start: number, key: Buffer): boolean {
    return this.#at - start === key.length && key.equals(this.#bytes.subarray(start, this.#at));
  }

  #items(count: number, depth: number, isMap: boolean, isConstructor = false): void {
    if (depth >= MAX_DEPTH) throw new MalformedError(`nested deeper than ${MAX_DEPTH}`);
    // Each item takes at least one byte: a length that can't be true is refused before the walk.
    this.#need(isMap ? 2 * count : count);
    for (let index = 0; index < count; index += 1) {
      if (!isMap) {
        this.#value(depth + 1);
        continue;
      }
      const key = this.#key();
      // A careless merge of the two would change every object.
      if (isConstructor && this.#isKey(key, PROTOTYPE)) {
        throw new MalformedError("the key prototype in constructor is refused");
      }
      this.#value(depth + 1, this.#isKey(key, CONSTRUCTOR));
    }
  }

  #number(first: number): void {
    if (first === 0xcb && !Number.isFinite(this.#bytes.readDoubleBE(this.#at))) {
      throw new MalformedError("a number is not finite");
    }
    if (first === 0xca && !Number.isFinite(this.#bytes.readFloatBE(this.#at))) {
      throw new MalformedError("a number is not finite");
    }
    if (first === 0xcf || first === 0xd3) {
      const value =
        first === 0xcf
          ? this.#bytes.readBigUInt64BE(this.#at)
          : this.#bytes.readBigInt64BE(this.#at);
      if (!Number.isSafeInteger(Number(value))) {
        throw new MalformedError("a whole number is beyond 2^53");
      }
    }
  }

  /** @param isConstructor whether the value stands at the key `constructor` */
  #value(depth: number, isConstructor = false): void {
    const first = this.#unsigned(1);
    if (first <= 0x7f || first >= 0xe0) return;
    if (first <= 0x8f) return this.#items(first & 0x0f, depth, true, isConstructor);
    if (first <= 0x9f) return this.#items(first & 0x0f, depth, false);
    if (first <= 0xbf) return this.#text(first & 0x1f);
    switch (first) {
      case 0xd9:
        return this.#text(this.#unsigned(1));
      case 0xda:
        return this.#text(this.#unsigned(2));
      case 0xdb:
        return this.#text(this.#unsigned(4));
      case 0xdc:
        return this.#items(this.#unsigned(2), depth, false);
      case 0xdd:
        return this.#items(this.#unsigned(4), depth, false);
      case 0xde:
        return this.#items(this.#unsigned(2), depth, true, isConstructor);
      case 0xdf:
        return this.#items(this.#unsigned(4), depth, true, isConstructor);
    }
    const size = scalarSize(first);
    if (size < 0) throw new MalformedError(`type 0x${first.toString(16)} is refused`);
    this.#need(size);
    this.#number(first);
    this.#at += size;
  }
}

/**
 * Checks that `bytes` hold exactly one msgpack value that JSON could carry.
 * @throws MalformedError with the reason
 */
export function guardMsgpack(bytes: Uint8Array): void {
  new Walker(bytes).check();
}
