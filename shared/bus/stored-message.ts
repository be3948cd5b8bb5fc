/** A message of the history, as the server stored it. */
export interface StoredMessage {
  readonly payload: Uint8Array;
  /** Its sequence in the stream, which all videos share. */
  readonly sequence: number;
  /** When the server stored it, by the server's clock, in milliseconds since 1970. */
  readonly storedAt: number;
}
