/** The messages that a gateway sends, as types. */
import type { ErrorBody } from "../errors.ts";
import type { OvationEvent } from "../event.ts";
import type { DeliveryClass } from "../kinds.ts";

/** What a deployment accepts, for clients that check before they send. */
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

/** What a gateway wants this connection to report, by the request `report`. */
export interface ReportTerms {
  /** How often. */
  readonly everyMs: number;
  /** Upper bounds of the buckets of each distribution; one more has what took longer. */
  readonly boundsMs: readonly number[];
}

/** The answer to a request that was carried out. `id` is the request's. */
export interface ResultMessage {
  readonly op: "result";
  readonly id: number;
  /** Of `connect`: the gateway's id, for debugging. */
  readonly gateway?: string;
  /** Of `connect`: what may be published. */
  readonly limits?: DeploymentRules["limits"];
  readonly kinds?: DeploymentRules["kinds"];
  /** Of `connect`: what this connection should report; absent for most. */
  readonly report?: ReportTerms;
  /** Of `ping` and `report`: the gateway's clock, in milliseconds since 1970. */
  readonly now?: number;
  /** Of `connect` and `refresh`: how long the token is valid; absent when it doesn't expire. */
  readonly expiresInMs?: number;
  /** Of `pace`: the pace in effect. */
  readonly everyMs?: number;
  /** Of `publish`: the event's id. */
  readonly eventId?: string;
  /**
   * Of `publish`: the durable event's `seq` in the video's chain. Of `subscribe`: the newest `seq`
   * of the chain, 0 while it is empty; absent when the history can't be read.
   */
  readonly seq?: number;
  /** Of `subscribe`: the incarnation of the history that `seq` is of. */
  readonly epoch?: string;
  /** Of `subscribe` with `after`: whether every later event follows. */
  readonly recovered?: boolean;
  /** Of `subscribe`: each value of the video's state, by name; absent when it can't be read. */
  readonly state?: Readonly<Record<string, unknown>>;
  /** When not all could be recovered: the oldest `seq` that is kept; 0 when none is. */
  readonly oldest?: number;
  /** Of `subscribe`: the video's totals by kind and variant; absent when they can't be read. */
  readonly totals?: Counts;
}

/** The answer to a request that was refused; `id` is 0 when the request's own can't be known. */
interface ErrorMessage extends ErrorBody {
  readonly op: "error";
  readonly id: number;
}

/** Exact numbers of events by kind. */
export type Counts = Readonly<Record<string, number>>;

/**
 * What happened on a video since the last such message. With `counts`, `events` is only a sample:
 * `counts` has the exact number of each kind, including those in `events`, except for kinds of class
 * latest, of which only the newest matters.
 */
export interface EventsMessage {
  readonly op: "events";
  readonly video: string;
  readonly events: readonly OvationEvent[];
  readonly counts?: Counts | undefined;
}

/** The gateway is about to close the connection; reconnect after this time, not before. */
export interface ByeMessage {
  readonly op: "bye";
  readonly reconnectAfterMs: number;
}

/**
 * The video's history is not the one that this viewer knows: it was recreated, lost its newest
 * events, or no longer reaches back to the events that this viewer missed. It continues at `seq`.
 */
export interface ResetMessage {
  readonly op: "reset";
  readonly video: string;
  readonly epoch: string;
  readonly seq: number;
}

/**
 * The gateway has been cut off from the others for `forMs`: no new events arrive, and requests are
 * refused, until `live` or `bye`.
 */
export interface StaleMessage {
  readonly op: "stale";
  readonly forMs: number;
}

/** The state that `stale` reported is over. */
export interface LiveMessage {
  readonly op: "live";
}

/** The token has expired: without a new one within this time, the connection is closed. */
interface RefreshMessage {
  readonly op: "refresh";
  readonly withinMs: number;
}

/** The video is no longer watched: the new token does not cover it. */
interface UnsubscribedMessage extends ErrorBody {
  readonly op: "unsubscribed";
  readonly video: string;
}

/** The end of an answer to a poll: what the next poll sends as `poll` to continue from here. */
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
