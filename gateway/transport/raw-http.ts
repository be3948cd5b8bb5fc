/** What is used of a request and a response of uWebSockets.js. */
import type { RawConnection } from "./open-connections.ts";

/** The part of the listener's request that is used. */
export interface RawRequest {
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  /** What follows the `?`; empty if there is nothing. */
  getQuery(): string | undefined;
  /** The first header of this name. */
  getHeader(name: string): string;
  forEach(callback: (name: string, value: string) => void): void;
}

/** The part of the listener's response that is used. */
export interface RawResponse extends RawConnection {
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  onWritable(handler: (offset: number) => boolean): unknown;
  cork(callback: () => void): unknown;
  /** Stops reading from the connection. */
  pause(): unknown;
  resume(): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  /** False when it could not all be sent at once; the rest is buffered. */
  write(chunk: string | Uint8Array): boolean;
  end(body?: string | Uint8Array, closeConnection?: boolean): unknown;
  /**
   * Ends after the head. Never called with a length: the addon reads `undefined` as 2^63, and after
   * a length it waits for a body and refuses the connection's next request.
   */
  endWithoutBody(): unknown;
}
