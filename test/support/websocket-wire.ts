/** WebSocket frames (RFC 6455 section 5.2), valid and invalid. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { OPCODE, readFrames } from "../../kit/websocket/frames.ts";
import { RawSocket } from "./raw.ts";

export interface FrameParts {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** Whether the message ends here; true by default. */
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  /** Bytes of the extended length, 0 if it is in the header's own; by default the fewest. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** The length that the header claims; by default the payload's own. */
  readonly length?: bigint;
  /** Four bytes; by default a fixed mask. */
  readonly mask?: Uint8Array;
}

const DEFAULT_MASK = Buffer.from([0x5a, 0xc3, 0x17, 0xee]);

/** One masked client frame. */
export function frame({ opcode, fin = true, reserved = 0, ...parts }: FrameParts): Buffer {
  const payload = Buffer.from(parts.payload ?? "");
  const { length = BigInt(payload.length), mask = DEFAULT_MASK } = parts;
  const { lengthBytes = length < 126n ? 0 : length < 65_536n ? 2 : 8 } = parts;
  const header = Buffer.alloc(2 + lengthBytes);
  header[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  header[1] = 0x80 | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(length, 2);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([header, mask, masked]);
}

export function text(payload: string | Uint8Array): Buffer {
  return frame({ opcode: OPCODE.text, payload });
}

export function ping(payload: string | Uint8Array = ""): Buffer {
  return frame({ opcode: OPCODE.ping, payload });
}

/** A Close frame; without a code it is empty. */
export function close(code?: number, reason: string | Uint8Array = ""): Buffer {
  const payload = code === undefined ? "" : Buffer.concat([twoBytes(code), Buffer.from(reason)]);
  return frame({ opcode: OPCODE.close, payload });
}

function twoBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** One message split into frames of this size. */
export function fragments(opcode: number, payload: Uint8Array, size: number): Buffer[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, index) =>
    frame({
      opcode: index === 0 ? opcode : OPCODE.continuation,
      payload: payload.subarray(index * size, (index + 1) * size),
      fin: index === count - 1,
    }),
  );
}

/** A server frame. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The complete frames among these bytes. */
function takeFrames(bytes: Buffer) {
  const value: ServerFrame[] = [];
  const used = readFrames(bytes, 0, bytes.length, (opcode, all, start, end) =>
    value.push({ opcode, payload: all.subarray(start, end) }),
  );
  return used === 0 ? undefined : { value, used };
}

/** A valid handshake, with some headers replaced or, where undefined, left out. */
export function handshake(different: Readonly<Record<string, string | undefined>> = {}): string {
  const headers = {
    Host: "ovation.example",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ovation.v1.json",
    ...different,
  };
  const lines = Object.entries(headers)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET /v1/connect HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The handshake for this encoding. */
export function handshakeFor(encoding: "msgpack" | "json"): string {
  return handshake({ "Sec-WebSocket-Protocol": `ovation.v1.${encoding}` });
}

/** A WebSocket on which the test controls every byte. */
export class WireSocket {
  readonly #socket: RawSocket;
  readonly #frames: ServerFrame[] = [];

  private constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  /** Opens a WebSocket and sends nothing of Ovation's own protocol. */
  static async open(port: number, encoding: "msgpack" | "json" = "json"): Promise<WireSocket> {
    const socket = await RawSocket.open(port);
    socket.write(handshakeFor(encoding));
    const { status } = await socket.response();
    if (status !== 101) throw new Error(`the handshake was answered ${status}`);
    return new WireSocket(socket);
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Writes byte by byte, each in an event loop turn and a segment of its own. */
  async trickle(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      this.#socket.write(Uint8Array.of(byte));
      await nextTurn();
    }
  }

  /**
   * The next server frame; undefined once the connection has ended. The server's pings are skipped:
   * their number depends on how long the test takes.
   */
  async next(): Promise<ServerFrame | undefined> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined && frame.opcode !== OPCODE.ping) return frame;
      if (frame !== undefined) continue;
      const received = await this.#socket.take(takeFrames);
      if (received === undefined) return undefined;
      this.#frames.push(...received);
    }
  }

  /** Resets the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  async untilClosed(): Promise<void> {
    await this.#socket.untilClosed();
  }
}
