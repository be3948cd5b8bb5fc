/**
 * WebSocket frames (RFC 6455), read and written with as little work as a load generator needs: servers
 * send complete, unmasked frames, so a fragmented or masked frame is an error.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Called with each complete frame: its payload is `bytes[start, end)`, valid until this returns. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** A server sent a frame that this reader doesn't support. */
class FrameError extends Error {
  override readonly name = "FrameError";
}

const FIN = 0x80;
const MASKED = 0x80;

/** Reads the complete frames in `bytes[start, end)`; returns where the first incomplete one begins. */
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
 * A client's frame. Clients must mask; a mask of zeros leaves the payload unchanged and costs nothing
 * on either side.
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

/** The frames of one connection, however the network splits its reads. */
export class FrameStream {
  /** The beginning of an incomplete frame; always a copy of its own. */
  #rest: Buffer | undefined;

  /** Processes what was read. The bytes may be overwritten afterwards. */
  push(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.take(bytes, bytes.length, onFrame);
  }

  /** Copies the incomplete frame to the front of the next read buffer; returns its length. */
  restore(into: Buffer): number {
    const rest = this.#rest;
    if (rest === undefined) return 0;
    if (rest.length >= into.length) throw new FrameError("a frame larger than the read buffer");
    into.set(rest);
    return rest.length;
  }

  /** Processes `bytes[0, end)`, which begins with what {@link restore} copied there. */
  take(bytes: Buffer, end: number, onFrame: OnFrame): void {
    const done = readFrames(bytes, 0, end, onFrame);
    this.#rest = done === end ? undefined : Buffer.from(bytes.subarray(done, end));
  }
}
