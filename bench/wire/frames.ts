/**
 * WebSocket frames (RFC 6455), read and written with as little work as a load generator can do with:
 * servers send whole, unmasked frames; what comes fragmented or masked is a fault.
 */

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Told of each whole frame: its payload is `bytes[start, end)`, valid until this returns. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** What a server sent is no frame that this reader knows. */
class FrameError extends Error {
  override readonly name = "FrameError";
}

const FIN = 0x80;
const MASKED = 0x80;

/** Reads the whole frames of `bytes[start, end)`; returns where the first unfinished one begins. */
export function readFrames(bytes: Buffer, start: number, end: number, onFrame: OnFrame): number {
  let at = start;
  while (end - at >= 2) {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if ((first & FIN) === 0 || (first & 0x70) !== 0) throw new FrameError("a fragmented frame");
    if ((second & MASKED) !== 0) throw new FrameError("a masked frame");
    let length = second;
    let payload = at + 2;
    if (length === 126) {
      payload = at + 4;
      if (payload > end) return at;
      length = bytes.readUInt16BE(at + 2);
    } else if (length === 127) {
      payload = at + 10;
      if (payload > end) return at;
      length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    }
    if (payload + length > end) return at;
    onFrame(first & 0x0f, bytes, payload, payload + length);
    at = payload + length;
  }
  return at;
}

/**
 * A frame of a client. Clients must mask; a mask of zeros leaves the payload as it is, and costs
 * nothing here or there.
 */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = 2 + extended + 4;
  const frame = Buffer.alloc(header + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, header);
  return frame;
}

/** The frames of one connection, whose reads end wherever the network cut them. */
export class FrameStream {
  /** The beginning of a frame that has not come whole; always memory of our own. */
  #rest: Buffer | undefined;

  /** Takes what was read. The bytes may be written over afterwards. */
  push(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.take(bytes, bytes.length, onFrame);
  }

  /** Puts what is unfinished at the front of a buffer that is read into next; returns its length. */
  restore(into: Buffer): number {
    const rest = this.#rest;
    if (rest === undefined) return 0;
    if (rest.length >= into.length) throw new FrameError("a frame larger than the read buffer");
    into.set(rest);
    return rest.length;
  }

  /** Takes `bytes[0, end)`, which begins with what {@link restore} put there. */
  take(bytes: Buffer, end: number, onFrame: OnFrame): void {
    const done = readFrames(bytes, 0, end, onFrame);
    this.#rest = done === end ? undefined : Buffer.from(bytes.subarray(done, end));
  }
}
