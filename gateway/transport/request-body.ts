/**
 * The body of an HTTP request. The addon drops what nobody waits for, so it is received from the
 * start; but until somebody asks for it, only what came with the request's head: then the
 * connection is not read any further.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { BodyRoom } from "../limits/body-budget.ts";

/** How a body is read. */
export interface BodyReading {
  readonly limitBytes: number;
  /** The time limit for all of it. */
  readonly withinMs: number;
}

/** The part of the listener's response that is used. */
interface BodySource {
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

interface RequestBodyOptions {
  readonly response: BodySource;
  /** How long it is. */
  readonly declaredBytes: number;
  /** Checked for each chunk; it may throw. */
  readonly room: BodyRoom;
  /** It has arrived to its end. */
  readonly onComplete: () => void;
}

export class RequestBody {
  readonly declaredBytes: number;
  readonly #options: RequestBodyOptions;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #state: "held" | "reading" | "dropped" = "held";
  #isComplete = false;
  #isPaused = false;
  #fault: unknown;
  #settle: PromiseWithResolvers<Uint8Array> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RequestBodyOptions) {
    this.#options = options;
    this.declaredBytes = options.declaredBytes;
    options.response.onData((chunk, isLast) => this.#receive(chunk, isLast));
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Reads it. Never resolves when the client disconnects: there is nothing left to do then.
   * @throws OvationError body_too_large, body_timeout, overloaded when there is no room, or as the
   *   room does
   */
  async read({ limitBytes, withinMs }: BodyReading): Promise<Uint8Array> {
    if (this.declaredBytes > limitBytes) throw tooLarge(limitBytes);
    if (this.#fault !== undefined) throw this.#fault;
    this.#state = "reading";
    const settle = Promise.withResolvers<Uint8Array>();
    this.#settle = settle;
    if (this.#isComplete) this.#finish();
    else {
      this.#timer = setTimeout(() => {
        const text = `the body did not arrive within ${withinMs} ms`;
        this.#fail(new OvationError("body_timeout", text, { limit: withinMs }));
      }, withinMs);
      this.#resume();
    }
    return await settle.promise;
  }

  /** Nobody will read it. What still arrives is dropped. */
  drop(): void {
    this.ended();
    this.#resume();
  }

  /** The request was answered, or its client has gone. */
  ended(): void {
    clearTimeout(this.#timer);
    this.#state = "dropped";
    this.#chunks = [];
  }

  #receive(chunk: ArrayBuffer, isLast: boolean): void {
    this.#isComplete = isLast;
    this.#bytes += chunk.byteLength;
    if (this.#state !== "dropped") this.#keep(chunk);
    if (isLast) {
      this.#options.onComplete();
      if (this.#settle !== undefined && this.#state === "reading") this.#finish();
    } else if (this.#state === "held" && !this.#isPaused) {
      this.#isPaused = true;
      this.#options.response.pause();
    }
  }

  #keep(chunk: ArrayBuffer): void {
    try {
      if (!this.#options.room.take(chunk.byteLength)) {
        throw new OvationError("overloaded", "the gateway has no room for another body");
      }
      // The chunk is only valid until this returns.
      this.#chunks.push(Buffer.from(new Uint8Array(chunk)));
    } catch (fault) {
      this.#fail(fault);
    }
  }

  #finish(): void {
    const bytes = Buffer.concat(this.#chunks, this.#bytes);
    this.ended();
    this.#settle?.resolve(bytes);
  }

  #fail(fault: unknown): void {
    this.ended();
    this.#fault ??= fault;
    this.#settle?.reject(fault);
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#options.response.resume();
  }
}

function tooLarge(limit: number): OvationError {
  const message = `the body is over the limit of ${limit} bytes`;
  return new OvationError("body_too_large", message, { limit });
}
