/** The messages that a gateway sends, as types. */
import type { ErrorBody } from "../errors.ts";
import type { OvationEvent } from "../event.ts";
import type { DeliveryClass } from "../kinds.ts";

/** What a deployment takes, for clients that check before they send. */
export interface DeploymentRules {
  readonly limits: {
    /** The largest `data` of an event, as msgpack in its shortest form. */
    readonly dataBytes: number;
    /** The largest message of a WebSocket. */
    readonly messageBytes: number;
  };
  /** The kinds that may be published, each with its class. */
  readonly kinds: Readonly<Record<string, DeliveryClass>>;
}

/** The answer to a request that was carried out. `id` is the request's. */
export interface ResultMessage {
  readonly op: "result";
  readonly id: number;
  /** Of `connect`: which gateway this is, for a person who looks into something. */
  readonly gateway?: string;
  /** Of `connect`: what may be published. */
  readonly limits?: DeploymentRules["limits"];
  readonly kinds?: DeploymentRules["kinds"];
  /** Of `connect` and `refresh`: how long the token lives; absent when it does so without end. */
  readonly expiresInMs?: number;
  /** Of `publish`: the event's id. */
  readonly eventId?: string;
  /**
   * Of `publish`: the durable event's place in the video's chain. Of `subscribe`: the place up to
   * which the chain goes now, 0 while it is empty; absent when the history can't be read.
   */
  readonly seq?: number;
  /** Of `subscribe`: the incarnation of the history that `seq` is of. */
  readonly epoch?: string;
  /** Of `subscribe` with `after`: whether all that came after it follows. */
  readonly recovered?: boolean;
  /** Where not all could be recovered: the oldest place that is kept; 0 when nothing is. */
  readonly oldest?: number;
}

/** The answer to a request that was refused; `id` is 0 when the request's own can't be known. */
interface ErrorMessage extends ErrorBody {
  readonly op: "error";
  readonly id: number;
}

/** Exact numbers of events by kind. */
export type Counts = Readonly<Record<string, number>>;

/**
 * What happened on a video since the last such message. When `counts` is there, `events` is only a
 * part: `counts` says how many there were of each kind, those in `events` included, but for kinds of
 * class latest, of which only the newest is of interest.
 */
export interface EventsMessage {
  readonly op: "events";
  readonly video: string;
  readonly events: readonly OvationEvent[];
  readonly counts?: Counts | undefined;
}

/** The gateway is about to close the connection; come back after this time, not before. */
export interface ByeMessage {
  readonly op: "bye";
  readonly reconnectAfterMs: number;
}

/**
 * The video's history is not the one that this viewer knows: it was made anew, lost its newest
 * events, or no longer reaches back to what this viewer has missed. What comes next begins at `seq`.
 */
export interface ResetMessage {
  readonly op: "reset";
  readonly video: string;
  readonly epoch: string;
  readonly seq: number;
}

/**
 * The gateway has been cut off from the others for so long: nothing new comes, and what is asked for
 * is refused, until `live` or `bye`.
 */
export interface StaleMessage {
  readonly op: "stale";
  readonly forMs: number;
}

/** What `stale` said is over. */
export interface LiveMessage {
  readonly op: "live";
}

/** The token has expired; a fresh one is due within this time, or the connection is closed. */
interface RefreshMessage {
  readonly op: "refresh";
  readonly withinMs: number;
}

/** The video is no longer watched: a fresh token does not cover it. */
interface UnsubscribedMessage extends ErrorBody {
  readonly op: "unsubscribed";
  readonly video: string;
}

/** The end of an answer to a poll: what the next poll gives as `poll` to go on from here. */
export interface PollMessage {
  readonly op: "poll";
  readonly next: string;
}

export type ServerMessage =
  | ResultMessage
  | ErrorMessage
  | EventsMessage
  | ResetMessage
  | ByeMessage
  | StaleMessage
  | LiveMessage
  | PollMessage
  | RefreshMessage
  | UnsubscribedMessage;
