/** How an attack sends: prepared bytes, over many connections at once, as fast as they are taken. */
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";

/** An HTTP request, as bytes. */
export function httpRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = "",
): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", ...headers }).map(
    ([name, text]) => `${name}: ${text}`,
  );
  if (body.length > 0) lines.push(`content-length: ${Buffer.byteLength(body)}`);
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** Answers by status; `closed` for a connection that ended without one. */
export type Outcomes = Map<string, number>;

function count(outcomes: Outcomes, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** Resolves when it is closed, with or without an error. */
export async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

/** Sends requests until the signal is aborted, each once the previous one's answer has begun. */
async function sendOver(
  port: number,
  next: () => Uint8Array,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => undefined); // It ends.
    const end = () => void socket.destroy();
    signal.addEventListener("abort", end);
    socket.once("connect", () => socket.write(next()));
    let isAnswered = false;
    socket.on("data", (bytes: Buffer) => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString("latin1", 0, 12))?.[1];
      if (status === undefined) return; // More of an answer, or of a stream.
      isAnswered = true;
      count(outcomes, status);
      // What follows may be long: the rest of it is read while the next request is carried out.
      if (bytes.includes("text/event-stream")) end();
      else socket.write(next());
    });
    await closed(socket);
    if (!isAnswered) count(outcomes, "closed");
    signal.removeEventListener("abort", end);
  }
}

/**
 * Floods with requests over this many connections.
 * @returns how they were answered
 */
export async function floodHttp(
  port: number,
  connections: number,
  next: () => Uint8Array,
  signal: AbortSignal,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  const all = Array.from({ length: connections }, () => sendOver(port, next, outcomes, signal));
  await Promise.all(all);
  return outcomes;
}

/** Writes these bytes over and over, as fast as the other end reads, until either side ends. */
export async function writeWithoutEnd(
  socket: Socket,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  if (socket.destroyed) return;
  const endless = Readable.from(
    (function* () {
      while (!signal.aborted) yield bytes;
    })(),
  );
  endless.pipe(socket);
  socket.on("error", () => undefined); // It ends.
  socket.resume();
  signal.addEventListener("abort", () => socket.destroy());
  if (!socket.destroyed) await closed(socket);
  endless.destroy();
}

/** A WebSocket's handshake, with the subprotocol of JSON. */
export const HANDSHAKE =
  "GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
  "Sec-WebSocket-Protocol: ovation.v1.json\r\n\r\n";

/**
 * A WebSocket's connection after its handshake, for writing frames by hand; one that was refused has
 * ended, or will.
 */
export async function openWebSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined); // It ends.
  socket.once("connect", () => socket.write(HANDSHAKE));
  await new Promise<void>((resolve) => {
    socket.once("data", () => resolve());
    socket.once("close", () => resolve());
  });
  return socket;
}

/** Keeps this many connections open that send these bytes and read; another follows each that ends. */
export async function keepOpen(
  port: number,
  connections: number,
  bytes: string,
  signal: AbortSignal,
): Promise<void> {
  const client = async () => {
    while (!signal.aborted) {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.on("error", () => undefined); // It ends.
      socket.resume();
      socket.write(bytes);
      const end = () => void socket.destroy();
      signal.addEventListener("abort", end);
      await closed(socket);
      signal.removeEventListener("abort", end);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
}
