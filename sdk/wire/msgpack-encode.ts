/**
 * Encodes what JSON can express as msgpack, in the shortest form for each length. A library does more
 * than a request needs, and would use half of the SDK's size budget.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

const utf8 = new TextEncoder();

export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  protected length = 0;

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  /** @param _key its key or index in the enclosing map or list */
  write(value: unknown, _key: string | number): void {
    if (value === null || value === undefined) this.#byte(0xc0);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#raw(value);
    else if (Array.isArray(value)) {
      const { length } = value;
      this.#head(length, 0x90, 16, 0xdc);
      for (let index = 0; index < length; index += 1) this.write(value[index], index);
    } else {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.#head(entries.length, 0x80, 16, 0xde);
      for (const [key, item] of entries) {
        this.#text(key);
        this.write(item, key);
      }
    }
  }

  #room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  #byte(byte: number): void {
    const at = this.#room(1);
    this.#bytes[at] = byte;
  }

  /** Writes a length: in the first byte if it is small, else after `wide` or the type after it. */
  #head(length: number, fixed: number, fixedLimit: number, wide: number): void {
    if (length < fixedLimit) return this.#byte(fixed | length);
    const isLong = length > 0xffff;
    this.#byte(isLong ? wide + 1 : wide);
    this.#whole(length, isLong ? 4 : 2);
  }

  /** Writes the most significant byte first, a negative number as its two's complement. */
  #whole(value: number, size: number): void {
    for (let power = size - 1; power >= 0; power -= 1) {
      this.#byte(Math.floor(value / 256 ** power) & 0xff);
    }
  }

  #text(text: string): void {
    const bytes = utf8.encode(text);
    const { length } = bytes;
    if (length > 31 && length < 256) {
      this.#byte(0xd9);
      this.#byte(length);
    } else this.#head(length, 0xa0, 32, 0xda);
    this.#raw(bytes);
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.#byte(0xcb);
      const at = this.#room(8);
      return this.#view.setFloat64(at, value);
    }
    if (value >= -32 && value < 128) return this.#byte(value & 0xff);
    // One, two, four or eight bytes: the shortest that fits the number.
    let power = 0;
    const bits = () => 8 << power;
    while (value < 0 ? value < -(2 ** (bits() - 1)) : value >= 2 ** bits()) power += 1;
    this.#byte((value < 0 ? 0xd0 : 0xcc) + power);
    this.#whole(value, 1 << power);
  }
}

/**
 * Encodes a value that JSON could express. Fields that are undefined are omitted; bytes are inserted
 * as they are: they must be msgpack.
 */
export function encodeMsgpack(value: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.write(value, "");
  return writer.finish();
}
