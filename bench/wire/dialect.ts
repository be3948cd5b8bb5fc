/**
 * The protocol that a server speaks over its WebSocket: Ovation's or that of a peer. The generator's
 * sockets, schedules and accounts are the same for all of them.
 */

/** A message to a server. */
export interface Outgoing {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** The measured events in one message. */
export interface ReceivedEvents {
  readonly type: "received";
  /** Exactly how many there were, including those in `numbers`. */
  readonly count: number;
  /** The numbers of the events in the message: each stream counts its own from 0. */
  readonly numbers: readonly number[];
  /** Each one's scheduled publish time, in microseconds since the start of the run. */
  readonly dueUs: readonly number[];
  /** For durable events: each one's seq, and that of its predecessor. */
  readonly links: readonly { readonly prev: number; readonly seq: number }[];
}

/** What a message from a server means to the generator. */
export type Incoming =
  | ReceivedEvents
  | { readonly type: "greeted" }
  | { readonly type: "subscribed" }
  | { readonly type: "accepted"; readonly id: number }
  | { readonly type: "refused"; readonly id: number; readonly code: string }
  | { readonly type: "reply"; readonly reply: Outgoing }
  | { readonly type: "ignored" };

/** One event to publish. */
interface Publish {
  /** Identifies the request on its connection; counts up from {@link FIRST_PUBLISH_ID}. */
  readonly id: number;
  readonly video: string;
  readonly kind: string;
  /** Its number in its stream, and its scheduled time; a server forwards them unchanged. */
  readonly number: number;
  readonly dueUs: number;
  /** Additional text, such as a comment's. */
  readonly text?: string;
}

/** Smaller ids are for the requests that open the connection. */
export const FIRST_PUBLISH_ID = 100;

export interface Dialect {
  readonly path: string;
  readonly subprotocol?: string;
  /** False if publishes are not answered: then what was sent counts as accepted. */
  readonly isAnswering: boolean;
  /** What a viewer of a video sends once its WebSocket is open; without a video, a publisher. */
  opening(video: string | undefined): readonly Outgoing[];
  /** What a viewer sends when its page is hidden or shown, for servers that send a hidden one less. */
  turned?(isHidden: boolean): Outgoing;
  /** What a viewer sends after the server's greeting, for servers that require waiting for it. */
  greeted?(video: string): readonly Outgoing[];
  /** Decodes a message. The same bytes mean the same on every connection. */
  read(opcode: number, payload: Buffer): Incoming;
  publish(event: Publish): Outgoing;
}

export const ignored: Incoming = { type: "ignored" };
