/**
 * Walks untrusted msgpack before it is decoded, and refuses what JSON can't represent or what
 * would make a decoder allocate: lengths beyond the actual bytes, deep nesting, extension
 * types, binary, text that is not UTF-8, keys that are not text, numbers that are not finite or not
 * exact.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

import { isUtf8 } from "node:buffer";
import { TooManyValues } from "./value-count.ts";
import {
  guardKey,
  guardNumber,
  MESSAGE_DEPTH_LIMIT,
  outOf,
  RefusedValue,
  rootDepth,
  tooDeep,
} from "./value-rules.ts";

/** The bytes are not a valid value. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

const PROTO = Buffer.from("__proto__");
const CONSTRUCTOR = Buffer.from("constructor");
const PROTOTYPE = Buffer.from("prototype");

const NEVER_USED = 0xc1;

/** Bytes of a scalar after its first byte, by that byte; -1 for a type that is refused. */
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
  readonly #limit: number;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array, limit: number) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limit = limit;
  }

  /** @returns the number of values and keys */
  check(): number {
    const first = this.#bytes[0] ?? 0;
    const isList = first >> 4 === 0x9 || first === 0xdc || first === 0xdd;
    this.#value(rootDepth(isList));
    if (this.#at !== this.#bytes.length) throw new MalformedError("bytes follow the value");
    return this.#values;
  }

  #count(): void {
    this.#values += 1;
    if (this.#values > this.#limit) throw new TooManyValues(this.#limit);
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
    // Most text is ASCII, and this loop detects it faster than a call does.
    let at = this.#at;
    while (at < end && (this.#bytes[at] ?? 0) < 0x80) at += 1;
    if (at < end && !isUtf8(this.#bytes.subarray(at, end))) {
      throw new RefusedValue("text is not UTF-8");
    }
    this.#at = end;
  }

  /** @returns where the key's text starts; it ends at the walker's position */
  #key(): number {
    this.#count();
    const first = this.#unsigned(1);
    let length = first & 0x1f;
    if (first === 0xd9) length = this.#unsigned(1);
    else if (first === 0xda) length = this.#unsigned(2);
    else if (first === 0xdb) length = this.#unsigned(4);
    else if (first >> 5 !== 0b101) throw new RefusedValue("a key is not text");
    const start = this.#at;
    this.#text(length);
    return start;
  }

  #isKey(start: number, key: Buffer): boolean {
    return this.#at - start === key.length && key.equals(this.#bytes.subarray(start, this.#at));
  }

  #list(count: number, depth: number): void {
    this.#enter(count, depth);
    let index = 0;
    try {
      for (; index < count; index += 1) this.#value(depth + 1);
    } catch (fault) {
      throw outOf(fault, index);
    }
  }

  #map(count: number, depth: number, isConstructor: boolean): void {
    this.#enter(2 * count, depth);
    for (let index = 0; index < count; index += 1) {
      const start = this.#key();
      const end = this.#at;
      if (this.#isKey(start, PROTO) || (isConstructor && this.#isKey(start, PROTOTYPE))) {
        guardKey(this.#bytes.toString("utf8", start, end), "constructor");
      }
      try {
        this.#value(depth + 1, this.#isKey(start, CONSTRUCTOR));
      } catch (fault) {
        throw outOf(fault, this.#bytes.toString("utf8", start, end));
      }
    }
  }

  /** Each item takes at least one byte: a false length is refused before the walk. */
  #enter(bytes: number, depth: number): void {
    if (depth >= MESSAGE_DEPTH_LIMIT) throw tooDeep();
    this.#need(bytes);
  }

  #number(first: number): void {
    if (first === 0xcb) guardNumber(this.#bytes.readDoubleBE(this.#at));
    else if (first === 0xca) guardNumber(this.#bytes.readFloatBE(this.#at));
    else if (first === 0xcf) guardNumber(Number(this.#bytes.readBigUInt64BE(this.#at)));
    else if (first === 0xd3) guardNumber(Number(this.#bytes.readBigInt64BE(this.#at)));
  }

  /** @param isConstructor whether the value is at the key `constructor` */
  #value(depth: number, isConstructor = false): void {
    this.#count();
    const first = this.#unsigned(1);
    if (first <= 0x7f || first >= 0xe0) return;
    if (first <= 0x8f) return this.#map(first & 0x0f, depth, isConstructor);
    if (first <= 0x9f) return this.#list(first & 0x0f, depth);
    if (first <= 0xbf) return this.#text(first & 0x1f);
    switch (first) {
      case 0xd9:
        return this.#text(this.#unsigned(1));
      case 0xda:
        return this.#text(this.#unsigned(2));
      case 0xdb:
        return this.#text(this.#unsigned(4));
      case 0xdc:
        return this.#list(this.#unsigned(2), depth);
      case 0xdd:
        return this.#list(this.#unsigned(4), depth);
      case 0xde:
        return this.#map(this.#unsigned(2), depth, isConstructor);
      case 0xdf:
        return this.#map(this.#unsigned(4), depth, isConstructor);
    }
    const size = scalarSize(first);
    if (first === NEVER_USED) throw new MalformedError("type 0xc1 does not exist");
    if (size < 0) throw new RefusedValue("binary and extension types are not accepted");
    this.#need(size);
    this.#number(first);
    this.#at += size;
  }
}

/**
 * Checks that `bytes` hold exactly one msgpack value that JSON can represent.
 * @param limit the most values and keys that it may hold
 * @returns how many it holds
 * @throws MalformedError when they don't
 * @throws RefusedValue when it holds a value that is refused
 * @throws TooManyValues when it holds more than the limit
 */
export function guardMsgpack(bytes: Uint8Array, limit = Number.POSITIVE_INFINITY): number {
  return new Walker(bytes, limit).check();
}
