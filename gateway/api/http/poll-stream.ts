/**
 * An event stream in pieces, for networks where something buffers responses until they end: each
 * poll gets a complete response, and between two polls the viewer stays connected.
 */
import { randomBytes } from "node:crypto";
import type { PollMessage } from "../../../shared/protocol/wire/messages.ts";
import { sseMessage } from "../../delivery/frame.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import type { ResponseStream } from "../../transport/response-stream.ts";
import type { SendOutcome } from "../../transport/send-outcome.ts";

/** What an event stream writes to. */
export type EventSink = Pick<ResponseStream, "isOpen" | "onWritable" | "send" | "end">;

/** How long a viewer stays connected without a poll. */
const POLL_GRACE_MS = 10_000;
/** A first poll waits at least as long as reading the history may take. */
const FIRST_WAIT_MS = 5_000;
/** How much may wait for the next poll, or go in one answer; frames beyond it are summarized. */
const BUFFER_BYTES = 64 * 1024;

/** `viewer.stream.answer`: who polls, its stream at this gateway, and the last answer it got. */
const TOKEN = /^([A-Za-z0-9_-]{16,32})\.([A-Za-z0-9_-]{16,32})\.(\d{1,15})$/;

/** What a poll says about the previous one. */
export interface PollToken {
  readonly viewer: string;
  readonly stream: string;
  readonly answer: number;
}

/** Undefined for a first poll, and for a text that no gateway has issued. */
export function pollToken(text: string | null): PollToken | undefined {
  const [, viewer, stream, answer] = TOKEN.exec(text ?? "") ?? [];
  if (viewer === undefined || stream === undefined) return undefined;
  return { viewer, stream, answer: Number(answer) };
}

function randomId(): string {
  return randomBytes(16).toString("base64url");
}

interface PollStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** The viewer's id from an earlier token; a new viewer gets one. */
  readonly viewer: string | undefined;
  /** No poll arrived in time. */
  onLeft(): void;
}

export class PollStream implements EventSink {
  readonly viewer: string;
  readonly #stream = randomId();
  readonly #options: PollStreamOptions;
  #answers = 0;
  #exchange: HttpExchange | undefined;
  #parts: (Uint8Array | string)[] = [];
  #bytes = 0;
  /** Ends the waiting poll; while none waits, the viewer's connection. */
  #timer: NodeJS.Timeout | undefined;
  #flush: NodeJS.Immediate | undefined;
  #onWritable: (() => void) | undefined;
  #isOver = false;

  constructor(options: PollStreamOptions) {
    this.#options = options;
    this.viewer = options.viewer ?? randomId();
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Whether the token is of this stream, and its last answer has arrived. */
  isNext({ stream, answer }: PollToken): boolean {
    return stream === this.#stream && answer === this.#answers;
  }

  onWritable(listener: () => void): void {
    this.#onWritable = listener;
  }

  /** Accepts a poll. An earlier one that still waits is answered with what there is. */
  poll(exchange: HttpExchange, waitMs: number): void {
    this.#answer();
    clearTimeout(this.#timer);
    const isFirst = this.#answers === 0;
    this.#exchange = exchange;
    exchange.onClose(() => this.#lost(exchange));
    this.#timer = setTimeout(
      () => this.#answer(),
      isFirst ? Math.max(waitMs, FIRST_WAIT_MS) : waitMs,
    );
    if (isFirst) return;
    if (this.#parts.length > 0) this.#answerSoon();
    this.#onWritable?.();
  }

  /** Buffers the bytes for the waiting poll, or for the next one. */
  send(bytes: Uint8Array | string): SendOutcome {
    if (this.#isOver) return "closed";
    const isText = typeof bytes === "string";
    // `retry:` and comment lines are for streams: an answer ends by itself.
    if (isText && !bytes.includes("data:")) return "sent";
    // The few messages that are not frames always have room.
    if (this.#bytes >= (isText ? 2 : 1) * BUFFER_BYTES) return "dropped";
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#exchange !== undefined) this.#answerSoon();
    return "sent";
  }

  /** Ends without another answer, because a stream takes over. Returns what it must begin with. */
  release(): Uint8Array {
    this.#answer();
    const unsent = Buffer.concat(this.#parts.map((part) => toBytes(part)));
    this.#parts = [];
    this.#isOver = true;
    clearTimeout(this.#timer);
    return unsent;
  }

  end(): void {
    if (this.#isOver) return;
    this.#answer();
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Answers at the end of this event loop turn, so that all of its messages share the answer. */
  #answerSoon(): void {
    this.#flush ??= setImmediate(() => this.#answer());
  }

  #answer(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#answers += 1;
    const next: PollMessage = {
      op: "poll",
      next: `${this.viewer}.${this.#stream}.${this.#answers}`,
    };
    const parts = [...this.#parts, sseMessage(JSON.stringify(next))];
    exchange.respond(200, this.#options.headers, Buffer.concat(parts.map((part) => toBytes(part))));
    this.#await();
  }

  /** The client disconnected while it waited: it requests what it missed by its position. */
  #lost(exchange: HttpExchange): void {
    if (this.#exchange !== exchange) return;
    this.#answers += 1;
    this.#await();
  }

  #await(): void {
    this.#exchange = undefined;
    this.#parts = [];
    this.#bytes = 0;
    clearImmediate(this.#flush);
    this.#flush = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.onLeft(), POLL_GRACE_MS);
  }
}

function toBytes(part: Uint8Array | string): Uint8Array {
  return typeof part === "string" ? Buffer.from(part) : part;
}
