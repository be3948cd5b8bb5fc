/**
 * Decodes every msgpack type, including those that no current message uses: a newer gateway must not
 * break an older client. Extension types are decoded as undefined.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

// A byte order mark is ordinary text here.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** Shorter text is decoded faster byte by byte than by a call of the decoder. */
const SHORT_TEXT = 24;
/** Deeper than any message; without it, deep nesting would overflow the stack. */
const MAX_DEPTH = 64;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(depth = 0): unknown {
    const first = this.#whole(1);
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first < 0x90) return this.#map(first & 0x0f, depth);
    if (first < 0xa0) return this.#list(first & 0x0f, depth);
    if (first < 0xc0) return this.#text(first & 0x1f);
    // From here on, types come in families; within one, each next length field is twice as wide.
    if (first >= 0xde) return this.#map(this.#whole(2 << (first - 0xde)), depth);
    if (first >= 0xdc) return this.#list(this.#whole(2 << (first - 0xdc)), depth);
    if (first >= 0xd9) return this.#text(this.#whole(1 << (first - 0xd9)));
    if (first >= 0xd4) return this.#extension(1 << (first - 0xd4));
    if (first >= 0xd0) return this.#whole(1 << (first - 0xd0), true);
    if (first >= 0xcc) return this.#whole(1 << (first - 0xcc));
    if (first >= 0xca) return this.#float(4 << (first - 0xca));
    if (first >= 0xc7) return this.#extension(this.#whole(1 << (first - 0xc7)));
    if (first >= 0xc4) return this.#take(this.#whole(1 << (first - 0xc4)));
    return [null, undefined, false, true][first - 0xc0];
  }

  /** Skips `count` bytes and returns their offset; throws if they are missing. */
  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError("the message is cut off");
    return at;
  }

  #take(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.slice(at, this.#at);
  }

  /** A whole number, whose first byte may be signed. */
  #whole(size: number, isSigned = false): number {
    let at = this.#skip(size);
    let value = isSigned ? this.#view.getInt8(at) : this.#view.getUint8(at);
    for (at += 1; at < this.#at; at += 1) value = value * 256 + this.#view.getUint8(at);
    return value;
  }

  #float(size: number): number {
    const at = this.#skip(size);
    return size === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at);
  }

  #text(length: number): string {
    const start = this.#skip(length);
    if (length < SHORT_TEXT) {
      let text = "";
      let at = start;
      for (let byte = 0; at < this.#at && byte < 0x80; at += 1) {
        byte = this.#bytes[at] ?? 0;
        if (byte < 0x80) text += String.fromCharCode(byte);
      }
      if (text.length === length) return text;
    }
    return utf8.decode(this.#bytes.subarray(start, this.#at));
  }

  #extension(length: number): undefined {
    this.#skip(1 + length);
  }

  /** Each item has at least one byte, so an impossible length is refused at once. */
  #enter(count: number, depth: number): void {
    if (depth >= MAX_DEPTH || count > this.#bytes.length - this.#at) {
      throw new RangeError("the message can't be read");
    }
  }

  #list(count: number, depth: number): unknown[] {
    this.#enter(count, depth);
    return Array.from({ length: count }, () => this.read(depth + 1));
  }

  #map(count: number, depth: number): Record<string, unknown> {
    this.#enter(count, depth);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) {
      const key = String(this.read(depth + 1));
      const value = this.read(depth + 1);
      // Assigning this key would change the object's prototype.
      if (key !== "__proto__") map[key] = value;
    }
    return map;
  }
}

/**
 * Decodes the value at the start of the bytes.
 * @throws RangeError when it is incomplete or invalid
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  return new Reader(bytes).read();
}
