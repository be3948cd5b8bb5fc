/**
 * A link is one connection to one gateway, over WebSocket or over Server-Sent Events and HTTP. It
 * starts once, ends once, and is then replaced by another. Messages are dispatched while they are
 * read, never later: what an answer changes must be in effect before the next message is read.
 */
import type {
  ByeMessage,
  EventsMessage,
  ResetMessage,
  ResultMessage,
} from "../../shared/protocol/wire/server-messages.ts";
import type { ConnectionFault, Via } from "../state.ts";

/** The refusal of a request; a newer gateway may send codes that we don't know. */
export interface Refusal {
  readonly op: "error";
  readonly code: string;
  readonly message: string;
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  /** How long to wait before repeating the request, if the gateway says so. */
  readonly retryAfterMs?: number | undefined;
}

/** What the deployment accepts, as its gateway states it. */
export interface Rules {
  /** The kinds whose events need no order. */
  readonly transient: readonly string[];
  /** The kinds of which only the newest event matters. */
  readonly latest: readonly string[];
  /** The kinds of which the newest event is stored. */
  readonly state: readonly string[];
  readonly dataBytes: number | undefined;
  readonly messageBytes: number | undefined;
  /** What the gateway wants to be reported; read by the chunk that does it. */
  readonly report?: unknown;
}

/** The result of a request; which fields are present depends on the request. */
export type Result = {
  readonly [Field in keyof Omit<ResultMessage, "id" | "op">]?: ResultMessage[Field] | undefined;
} & {
  readonly op: "result";
  /** In the answer to `connect`, or to a ping over HTTP. */
  readonly rules?: Rules | undefined;
};

export type Answer = Result | Refusal;
export type OnAnswer = (answer: Answer) => void;

/** Where to start reading a video's durable events. */
export interface From {
  readonly after?: number | undefined;
  readonly epoch?: string | undefined;
  readonly last?: number | undefined;
}

/** An event to publish. `data` is encoded as msgpack. */
export interface Publication {
  readonly video: string;
  readonly kind: string;
  readonly data: Uint8Array | undefined;
  readonly eventId: string;
}

/** Why a link ended. */
export interface Ending {
  /** An error code: `connection_lost` and the like, or the gateway's. */
  readonly code: string;
  readonly message: string;
  /** Whether to connect again. */
  readonly again: boolean;
  /** Whether something on the way ended it, not a gateway. */
  readonly isCut?: boolean;
}

/** Handlers for messages that are not answers. */
export interface PushHandlers {
  onEvents(message: EventsMessage): void;
  onReset(message: ResetMessage): void;
  /** The link is about to end; the message says when to reconnect. */
  onBye(message: ByeMessage): void;
  /** True while the gateway is cut off from the others and has no new events. */
  onStale(isStale: boolean): void;
  /** The gateway ended the subscription, because a fresh token does not cover the video. */
  onUnsubscribed(video: string, refusal: Refusal): void;
  /** The gateway wants a fresh token. */
  onRefresh(): void;
}

export interface LinkHandlers extends PushHandlers {
  /** The query of a WebSocket's handshake, for proxies that send viewers of a video to one gateway. */
  query(): string;
  /** Requests may be sent. The result has the gateway's name and the token's lifetime, if known. */
  onReady(result: Result): void;
  /** The link works, but not as well as it could. */
  onReason(reason: ConnectionFault): void;
  /** The link ended by itself. Nothing follows, not even answers. */
  onEnd(ending: Ending): void;
}

export interface Link {
  readonly via: Via;
  /** Why the link is not a WebSocket. */
  readonly reason?: ConnectionFault;
  /** Known once the link is ready, if the gateway states them. */
  readonly rules: Rules | undefined;
  start(): void;
  subscribe(video: string, from: From, onAnswer: OnAnswer): void;
  unsubscribe(video: string): void;
  publish(publication: Publication, onAnswer: OnAnswer): void;
  /**
   * Sends a fresh token, with which the link continues; `onUnsubscribed` is called for the videos
   * that it doesn't cover.
   */
  refresh(token: string, onAnswer: OnAnswer): void;
  /** Sends another request: only over a WebSocket. */
  request?(op: string, fields: object, onAnswer?: OnAnswer): void;
  /** Sends a ping; ends the link if nothing is received within this time. */
  check(withinMs: number): void;
  /** Ends the link. No handler is called after it. */
  close(): void;
}

/** Which events the link's subscriptions get, and whether the viewer is counted. */
export interface Filter {
  /** Undefined: all kinds. */
  readonly kinds?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
}

/** How long a link waits, and what it asks for. */
export interface LinkTimes {
  readonly filter: Filter;
  /** From the start until requests may be sent. */
  readonly connectTimeoutMs: number;
  /** The silence after which a ping is sent. */
  readonly heartbeatMs: number;
  /** The wait for its answer. */
  readonly heartbeatTimeoutMs: number;
}

/**
 * When an answer is overdue, in milliseconds since something was received, and how long to wait for
 * the answer to the ping that is sent then.
 */
export function doubtTimes({ heartbeatMs, heartbeatTimeoutMs }: LinkTimes): [number, number] {
  return [Math.min(heartbeatMs, heartbeatTimeoutMs / 4), heartbeatTimeoutMs / 2];
}
