/** A response without a fixed end, such as a stream of events. */
import type { RawResponse } from "./raw-http.ts";
import type { SendOutcome } from "./send-outcome.ts";

/**
 * A response that is written to as long as the client is connected. uWebSockets.js doesn't limit
 * the buffer of a client that doesn't read, so after one write that could not all be sent, nothing
 * more is written until the client has read it.
 */
export class ResponseStream {
  #response: RawResponse | undefined;
  #isFull = false;
  readonly #onEnd: (end: () => void) => void;
  #onWritable: (() => void) | undefined;

  /** @param onEnd called when this side ends it, with what sends the end */
  constructor(response: RawResponse, onEnd: (end: () => void) => void) {
    this.#response = response;
    this.#onEnd = onEnd;
    response.onWritable(() => {
      this.#isFull = false;
      // Something must be written here, or the rest of the last write is not sent.
      this.#onWritable?.();
      return true;
    });
  }

  get isOpen(): boolean {
    return this.#response !== undefined;
  }

  /** Calls back when there is room again; it must write something. */
  onWritable(listener: () => void): void {
    this.#onWritable = listener;
  }

  send(bytes: Uint8Array | string): SendOutcome {
    const response = this.#response;
    if (response === undefined) return "closed";
    if (this.#isFull) return "dropped";
    response.cork(() => {
      this.#isFull = !response.write(bytes);
    });
    return "sent";
  }

  end(): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    this.#onEnd(() => response.end());
  }

  /** For the exchange only: the client has gone. */
  closed(): void {
    this.#response = undefined;
  }
}
