/**
 * Finds the id of a request in an invalid message, so that only that request is refused and its
 * connection stays open. It passes over the bytes once, however deep they are nested, and decodes
 * nothing but the id.
 */
import { decodeTrustedMsgpack, type Encoding } from "./codec.ts";

/** What follows a type byte from 0xc0 to 0xdf: the bytes of a length, and bytes of a known number. */
function tailOf(first: number): readonly [lengthBytes: number, fixed: number] {
  if (first >= 0xde) return [2 << (first - 0xde), 0]; // maps
  if (first >= 0xdc) return [2 << (first - 0xdc), 0]; // lists
  if (first >= 0xd9) return [1 << (first - 0xd9), 0]; // text
  if (first >= 0xd4) return [0, 1 + (1 << (first - 0xd4))]; // extension types of a fixed size
  if (first >= 0xd0) return [0, 1 << (first - 0xd0)]; // integers
  if (first >= 0xcc) return [0, 1 << (first - 0xcc)]; // unsigned integers
  if (first >= 0xca) return [0, 4 << (first - 0xca)]; // floats
  if (first >= 0xc7) return [1 << (first - 0xc7), 1]; // extension types
  if (first >= 0xc4) return [1 << (first - 0xc4), 0]; // binary
  return [0, 0]; // nil, false, true
}

const NEVER_USED = 0xc1;

function isNumber(first: number): boolean {
  return first < 0x80 || first >= 0xe0 || (first >= 0xca && first <= 0xd3);
}

class Skimmer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The last number at the key `id` of the map that the bytes start with. */
  requestId(): number | undefined {
    const first = this.#bytes[0] ?? 0;
    this.#at = 1;
    let left = 0;
    if (first >> 4 === 0x8) left = first & 0x0f;
    else if (first === 0xde || first === 0xdf) left = this.#length(tailOf(first)[0]) ?? 0;
    let id: number | undefined;
    for (; left > 0; left -= 1) {
      const isId = this.#isAtId();
      if (!this.#skip()) break;
      const start = this.#at;
      if (!this.#skip()) break;
      if (isId) id = this.#numberAt(start);
    }
    return id;
  }

  #isAtId(): boolean {
    const [first = 0, length = 0] = this.#bytes.subarray(this.#at, this.#at + 2);
    const head = first === 0xa2 ? 1 : { 217: 2, 218: 3, 219: 5 }[first];
    if (head === undefined || (head === 2 && length !== 2)) return false;
    const start = this.#at + head;
    if (start > this.#bytes.length) return false;
    if (head > 2 && this.#bytes.readUIntBE(this.#at + 1, head - 1) !== 2) return false;
    return this.#bytes.toString("latin1", start, start + 2) === "id";
  }

  #numberAt(start: number): number | undefined {
    if (!isNumber(this.#bytes[start] ?? NEVER_USED)) return undefined;
    return Number(decodeTrustedMsgpack(this.#bytes.subarray(start, this.#at)));
  }

  /** Skips one value. False when it is truncated or invalid. */
  #skip(): boolean {
    // Each iteration takes a byte, so that a false length ends with the bytes.
    for (let left = 1; left > 0; left -= 1) {
      const first = this.#bytes[this.#at] ?? NEVER_USED;
      if (first === NEVER_USED) return false;
      this.#at += 1;
      if (first < 0x80 || first >= 0xe0) continue;
      if (first < 0x90) left += 2 * (first & 0x0f);
      else if (first < 0xa0) left += first & 0x0f;
      else if (first < 0xc0) this.#at += first & 0x1f;
      else {
        const [lengthBytes, fixed] = tailOf(first);
        const length = this.#length(lengthBytes);
        if (length === undefined) return false;
        if (first >= 0xde) left += 2 * length;
        else if (first >= 0xdc) left += length;
        else this.#at += length + fixed;
      }
    }
    return this.#at <= this.#bytes.length;
  }

  #length(size: number): number | undefined {
    if (size === 0) return 0;
    if (this.#at + size > this.#bytes.length) return undefined;
    const length = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return length;
  }
}

/** A number, and the character that shows that it is complete. */
const NUMBER = /\s*(-?\d[\d.eE+-]*)\s*[,}]/y;

function isIdKey(key: string): boolean {
  if (key === '"id"') return true;
  // Each letter may be escaped in six characters.
  if (!key.includes("\\") || key.length > 14) return false;
  try {
    return JSON.parse(key) === "id";
  } catch {
    return false;
  }
}

/** The end of the text whose quote is at `start`; -1 when it doesn't end. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return -1;
}

/** The last number at the key `id` of the object that the text starts with. */
function jsonRequestId(json: string): number | undefined {
  let at = json.search(/\S/);
  if (json[at] !== "{") return undefined;
  let id: number | undefined;
  let depth = 0;
  let key = "";
  for (; at >= 0 && at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      const end = endOfText(json, at);
      if (end < 0) break;
      if (depth === 1) key = json.slice(at, end);
      at = end - 1;
    } else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) break;
    } else if (character === ":" && depth === 1 && isIdKey(key)) {
      NUMBER.lastIndex = at + 1;
      const digits = NUMBER.exec(json)?.[1];
      id = digits === undefined ? undefined : Number(digits);
    }
  }
  return id;
}

/** @returns the id to answer the message with; undefined when none can be read */
export function readRequestId(encoding: Encoding, bytes: Uint8Array): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id =
    encoding === "json"
      ? jsonRequestId(buffer.toString("latin1"))
      : new Skimmer(buffer).requestId();
  return Number.isSafeInteger(id) && Number(id) > 0 ? id : undefined;
}
