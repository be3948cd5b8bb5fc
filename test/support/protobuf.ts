/** A reader of the Protocol Buffers wire format: https://protobuf.dev/programming-guides/encoding/ */

/** A field's value: a number for the wire types of fixed size, bytes for the others. */
type Value = bigint | Buffer;

export class ProtobufMessage {
  readonly #fields = new Map<number, Value[]>();

  constructor(bytes: Buffer) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at];
        if (byte === undefined) throw new Error("the message was cut short");
        at += 1;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const take = (length: number): Buffer => {
      if (at + length > bytes.length) throw new Error("the message was cut short");
      at += length;
      return bytes.subarray(at - length, at);
    };
    while (at < bytes.length) {
      const tag = Number(varint());
      const field = tag >> 3;
      const values = this.#fields.get(field) ?? [];
      this.#fields.set(field, values);
      switch (tag & 7) {
        case 0:
          values.push(varint());
          break;
        case 1:
          values.push(take(8).readBigUInt64LE());
          break;
        case 2:
          values.push(take(Number(varint())));
          break;
        case 5:
          values.push(BigInt(take(4).readUInt32LE()));
          break;
        default:
          throw new Error(`no such wire type: ${tag & 7}`);
      }
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** Empty if absent. */
  bytes(field: number): Buffer {
    const value = this.#fields.get(field)?.at(-1);
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }

  hex(field: number): string {
    return this.bytes(field).toString("hex");
  }

  text(field: number): string {
    return this.bytes(field).toString();
  }

  number(field: number): bigint {
    const value = this.#fields.get(field)?.at(-1);
    return typeof value === "bigint" ? value : 0n;
  }

  messages(field: number): ProtobufMessage[] {
    const values = this.#fields.get(field) ?? [];
    return values.map((value) => new ProtobufMessage(Buffer.isBuffer(value) ? value : Buffer.of()));
  }
}
