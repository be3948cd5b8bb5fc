/**
 * What a server speaks over its WebSocket: Ovation's protocol or that of a peer. The generator's
 * sockets, schedules and accounts are the same for all of them.
 */

/** A message to a server. */
export interface Outgoing {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Measured events that one message told of. */
export interface Told {
  readonly type: "told";
  /** Exactly how many there were, those below included. */
  readonly count: number;
  /** Numbers of the events that the message holds: each stream counts its own from 0. */
  readonly numbers: readonly number[];
  /** When each of them was due to be published, in microseconds since the run's beginning. */
  readonly dueUs: readonly number[];
  /** Of durable events: each one's place, and that of the one before it. */
  readonly links: readonly { readonly prev: number; readonly seq: number }[];
}

/** What a message from a server means to the generator. */
export type Incoming =
  | Told
  | { readonly type: "greeted" }
  | { readonly type: "subscribed" }
  | { readonly type: "accepted"; readonly id: number }
  | { readonly type: "refused"; readonly id: number; readonly code: string }
  | { readonly type: "reply"; readonly reply: Outgoing }
  | { readonly type: "ignored" };

/** One event to publish. */
interface Publish {
  /** Names the request on its connection; rises from {@link FIRST_PUBLISH_ID}. */
  readonly id: number;
  readonly video: string;
  readonly kind: string;
  /** Its number in its stream, and when it was due; a server passes them on untouched. */
  readonly number: number;
  readonly dueUs: number;
  /** Text that it carries besides, such as a comment's. */
  readonly text?: string;
}

/** Smaller ids are for what opens the connection. */
export const FIRST_PUBLISH_ID = 100;

export interface Dialect {
  readonly path: string;
  readonly subprotocol?: string;
  /** False where publishes are not answered: what was sent is then taken for accepted. */
  readonly isAnswering: boolean;
  /** What a viewer of a video sends once its WebSocket is open; without a video, a publisher. */
  opening(video: string | undefined): readonly Outgoing[];
  /** What a viewer sends once it has been greeted, where a server wants that to be waited for. */
  greeted?(video: string): readonly Outgoing[];
  /** Understands a message. The same bytes mean the same on every connection. */
  read(opcode: number, payload: Buffer): Incoming;
  publish(event: Publish): Outgoing;
}

export const ignored: Incoming = { type: "ignored" };
