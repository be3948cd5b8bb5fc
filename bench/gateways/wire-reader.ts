/**
 * Reads what NATS sends to a virtual gateway: of each message, its subscription and its payload.
 * Format: https://docs.nats.io/reference/reference-protocols/nats-protocol
 */

const LF = 0x0a;
const LINE_END_BYTES = 2;

interface WireHandlers {
  /** @param payload valid until the handler returns */
  onMessage(subscription: string, payload: Buffer): void;
  onPing(): void;
  onPong(): void;
}

export class WireReader {
  readonly #handlers: WireHandlers;
  #rest: Buffer | undefined;

  constructor(handlers: WireHandlers) {
    this.#handlers = handlers;
  }

  /** Takes what arrived, however the network split it. @throws when the server reports an error */
  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LF, at);
      if (end < 0) break;
      const next = this.#line(bytes, bytes.toString("latin1", at, end - 1), end + 1);
      if (next > bytes.length) break;
      at = next;
    }
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  /** Handles a line, and returns where the next begins: beyond the end if its payload is cut off. */
  #line(bytes: Buffer, line: string, after: number): number {
    if (line.startsWith("MSG ")) {
      const [, , subscription = "", ...sizes] = line.split(" ");
      const end = after + Number(sizes.at(-1));
      if (end + LINE_END_BYTES > bytes.length) return end + LINE_END_BYTES;
      this.#handlers.onMessage(subscription, bytes.subarray(after, end));
      return end + LINE_END_BYTES;
    }
    if (line === "PING") this.#handlers.onPing();
    if (line === "PONG") this.#handlers.onPong();
    if (line.startsWith("-ERR")) throw new Error(`NATS: ${line}`);
    return after;
  }
}
