/**
 * An event stream in pieces, for where something on the way holds back what does not end: each poll
 * is answered whole, and between two polls the viewer keeps its place.
 */
import { randomBytes } from "node:crypto";
import type { PollMessage } from "../../../shared/protocol/wire/messages.ts";
import { sseMessage } from "../../delivery/frame.ts";
import type { HttpExchange, ResponseStream } from "../../transport/http-exchange.ts";
import type { SendOutcome } from "../../transport/send-outcome.ts";

/** What an event stream writes to. */
export type EventSink = Pick<ResponseStream, "isOpen" | "onWritable" | "send" | "end">;

/** How long a viewer that does not poll keeps its place. */
const POLL_GRACE_MS = 10_000;
/** A first poll waits at least as long as the history may take to be read. */
const FIRST_WAIT_MS = 5_000;
/** What may wait for the next poll, or go with one answer; frames beyond it are summed up. */
const BUFFER_BYTES = 64 * 1024;

/** `viewer.place.answer`: who polls, its place at this gateway, and the last answer it has had. */
const TOKEN = /^([A-Za-z0-9_-]{16,32})\.([A-Za-z0-9_-]{16,32})\.(\d{1,15})$/;

/** What a poll says of the one before it. */
export interface PollToken {
  readonly viewer: string;
  readonly place: string;
  readonly answer: number;
}

/** Undefined for a first poll, and for a text that no gateway has given. */
export function pollToken(text: string | null): PollToken | undefined {
  const [, viewer, place, answer] = TOKEN.exec(text ?? "") ?? [];
  if (viewer === undefined || place === undefined) return undefined;
  return { viewer, place, answer: Number(answer) };
}

function randomId(): string {
  return randomBytes(16).toString("base64url");
}

interface PollStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** The viewer's id from an earlier token; a new viewer gets one. */
  readonly viewer: string | undefined;
  /** No poll came in time. */
  onLeft(): void;
}

export class PollStream implements EventSink {
  readonly viewer: string;
  readonly #place = randomId();
  readonly #options: PollStreamOptions;
  #answers = 0;
  #exchange: HttpExchange | undefined;
  #parts: (Uint8Array | string)[] = [];
  #bytes = 0;
  /** Ends the poll, or while there is none, the viewer. */
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

  /** Whether this is the viewer's place, and its last answer has arrived. */
  isNext({ place, answer }: PollToken): boolean {
    return place === this.#place && answer === this.#answers;
  }

  onWritable(listener: () => void): void {
    this.#onWritable = listener;
  }

  /** Takes a poll. One that waits still is answered with what there is. */
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

  /** Keeps it for the poll that waits, or for the next one. */
  send(bytes: Uint8Array | string): SendOutcome {
    if (this.#isOver) return "closed";
    const isText = typeof bytes === "string";
    // `retry:` and comment lines are for streams: an answer ends by itself.
    if (isText && !bytes.includes("data:")) return "sent";
    // There is always room for the few messages that are no frames.
    if (this.#bytes >= (isText ? 2 : 1) * BUFFER_BYTES) return "dropped";
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#exchange !== undefined) this.#answerSoon();
    return "sent";
  }

  end(): void {
    if (this.#isOver) return;
    this.#answer();
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** At the end of this turn, so that all that comes in it shares the answer. */
  #answerSoon(): void {
    this.#flush ??= setImmediate(() => this.#answer());
  }

  #answer(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#answers += 1;
    const next: PollMessage = {
      op: "poll",
      next: `${this.viewer}.${this.#place}.${this.#answers}`,
    };
    const parts = [...this.#parts, sseMessage(JSON.stringify(next))];
    exchange.respond(200, this.#options.headers, Buffer.concat(parts.map((part) => toBytes(part))));
    this.#await();
  }

  /** The client went away while it waited: what was meant for it, it asks for by its position. */
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
