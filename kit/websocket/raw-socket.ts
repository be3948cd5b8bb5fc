/**
 * A client's WebSocket without a WebSocket library: a TCP socket, a handshake and a frame stream.
 *
 * It reads at once, or, after `gather`, leaves frames in the kernel until `read` is called. Measured on
 * one core with 5,000 sockets that get 10 frames a second each: reading at once takes 43 % of the core,
 * pausing and resuming each socket twice a second 13 %, reading it twice a second by its descriptor
 * 7 %. Node has no public API for a socket's descriptor; only this file uses the private one. Where
 * there is none, a socket keeps reading at once.
 */
import { readSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { clientFrame, FrameStream, OPCODE } from "./frames.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface RawSocketHandlers {
  /** The WebSocket is open. */
  onOpen(): void;
  onMessage(opcode: number, bytes: Buffer, start: number, end: number): void;
  /** It was closed, or could not be opened. */
  onClose(why: string): void;
}

/** What a client requests of a server when it opens a WebSocket. */
interface Endpoint {
  readonly path: string;
  readonly subprotocol?: string;
}

/** A message to a server. */
interface Outgoing {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

interface RawSocketOptions {
  readonly target: Target;
  /** Undefined: the system chooses. */
  readonly localAddress: string | undefined;
  readonly endpoint: Endpoint;
  readonly handlers: RawSocketHandlers;
}

/** The result of a read by descriptor: the bytes read, or why there were none. */
export type Gathered = number | "nothing" | "closed";

const HANDSHAKE_LIMIT_BYTES = 8_192;
/** Any key will do: it only proves that the server speaks WebSocket. */
const KEY = "b3ZhdGlvbi1iZW5jaC0tLQ==";

interface Handle {
  readonly fd: number;
  readStop(): void;
}

/** The private part of a Node socket. */
function handleOf(socket: Socket): Handle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  if (!("fd" in handle) || typeof handle.fd !== "number" || handle.fd < 0) return undefined;
  return "readStop" in handle && typeof handle.readStop === "function"
    ? (handle as Handle)
    : undefined;
}

export class RawSocket {
  readonly #socket: Socket;
  readonly #handlers: RawSocketHandlers;
  readonly #stream = new FrameStream();
  readonly #onFrame = (opcode: number, bytes: Buffer, start: number, end: number) =>
    this.#frame(opcode, bytes, start, end);
  #head: Buffer | undefined = Buffer.alloc(0);
  #gathering: Handle | undefined;
  #why = "the server closed the connection";
  isClosed = false;

  constructor({ target, localAddress, endpoint, handlers }: RawSocketOptions) {
    this.#handlers = handlers;
    this.#socket = connect({
      ...target,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#socket.once("connect", () => this.#socket.write(handshake(target, endpoint)));
    this.#socket.on("data", (chunk) => this.#data(chunk));
    this.#socket.once("error", (error) => {
      this.#why = error.message;
    });
    this.#socket.once("close", () => {
      this.isClosed = true;
      this.#gathering = undefined;
      handlers.onClose(this.#why);
    });
  }

  send({ opcode, payload }: Outgoing): void {
    if (!this.isClosed) this.#socket.write(clientFrame(opcode, payload));
  }

  sendAll(messages: readonly Outgoing[]): void {
    if (messages.length === 0 || this.isClosed) return;
    this.#socket.write(
      Buffer.concat(messages.map(({ opcode, payload }) => clientFrame(opcode, payload))),
    );
  }

  /** From now on, reads only on `read`; returns false where that isn't supported. */
  gather(): boolean {
    const handle = handleOf(this.#socket);
    if (handle === undefined || this.isClosed) return false;
    handle.readStop();
    this.#gathering = handle;
    return true;
  }

  /** Reads what has accumulated, at most the size of the buffer. */
  read(buffer: Buffer): Gathered {
    if (this.#gathering === undefined) return this.isClosed ? "closed" : "nothing";
    const kept = this.#stream.restore(buffer);
    let length: number;
    try {
      length = readSync(this.#gathering.fd, buffer, kept, buffer.length - kept, null);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "nothing";
      this.#fail(error);
      return "closed";
    }
    if (length === 0) {
      this.close();
      return "closed";
    }
    this.#take(() => this.#stream.take(buffer, kept + length, this.#onFrame));
    return length;
  }

  close(): void {
    this.#gathering = undefined;
    this.#socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#take(() => {
      if (this.#head === undefined) this.#stream.push(chunk, this.#onFrame);
      else this.#handshakeAnswer(Buffer.concat([this.#head, chunk]));
    });
  }

  #handshakeAnswer(bytes: Buffer): void {
    const end = bytes.indexOf("\r\n\r\n");
    this.#head = bytes;
    if (end < 0) {
      if (bytes.length > HANDSHAKE_LIMIT_BYTES)
        throw new Error("the answer to the handshake is too long");
      return;
    }
    const status = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
    if (!status.startsWith("HTTP/1.1 101 ")) throw new Error(`the handshake failed: ${status}`);
    this.#head = undefined;
    this.#handlers.onOpen();
    if (bytes.length > end + 4) this.#stream.push(bytes.subarray(end + 4), this.#onFrame);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.ping) {
      this.send({ opcode: OPCODE.pong, payload: bytes.subarray(start, end) });
    } else if (opcode === OPCODE.close) {
      const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
      this.#why = `the server closed the connection with code ${code}`;
      this.close();
    } else if (opcode !== OPCODE.pong) this.#handlers.onMessage(opcode, bytes, start, end);
  }

  #take(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#why = error instanceof Error ? error.message : String(error);
    this.close();
  }
}

function handshake({ host, port }: Target, { path, subprotocol }: Endpoint): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
