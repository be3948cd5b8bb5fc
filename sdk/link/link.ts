/**
 * A link is one life of a connection to one gateway, over WebSocket or over Server-Sent Events and
 * HTTP. It is started once, ends once, and is then replaced by another. What came is handed on
 * while it is read, never later: what an answer changes must be so before the next message is read.
 */
import type {
  ByeMessage,
  EventsMessage,
  ResetMessage,
  ResultMessage,
} from "../../shared/protocol/wire/server-messages.ts";
import type { ConnectionFault, Via } from "../state.ts";

/** What a request was refused with; a newer gateway may send codes that we don't know. */
export interface Refusal {
  readonly op: "error";
  readonly code: string;
  readonly message: string;
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  /** How long to wait before it is repeated, where the gateway says so. */
  readonly retryAfterMs?: number | undefined;
}

/** What the deployment says that it takes. */
export interface Rules {
  readonly kinds: readonly string[];
  /** Those of them whose events need no order. */
  readonly transient: readonly string[];
  /** Those of which only the newest event matters. */
  readonly latest: readonly string[];
  readonly dataBytes: number | undefined;
  readonly messageBytes: number | undefined;
}

/** What a request that was carried out comes to; which fields there are depends on the request. */
export type Result = {
  readonly [Field in keyof Omit<ResultMessage, "id" | "op">]?: ResultMessage[Field] | undefined;
} & {
  readonly op: "result";
  /** Of a connection, or of a ping without one. */
  readonly rules?: Rules | undefined;
};

export type Answer = Result | Refusal;
export type OnAnswer = (answer: Answer) => void;

/** From where on a video's durable events are wanted. */
export interface From {
  readonly after?: number | undefined;
  readonly epoch?: string | undefined;
  readonly last?: number | undefined;
}

/** What is published. `data` is its msgpack. */
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

/** What a gateway sends without being asked. */
export interface PushHandlers {
  onEvents(message: EventsMessage): void;
  onReset(message: ResetMessage): void;
  /** The link will end; come back after this time. */
  onBye(message: ByeMessage): void;
  /** Whether the gateway can bring nothing new just now, since it is cut off from the others. */
  onStale(isStale: boolean): void;
  /** A fresh token does not cover this video: nothing more of it comes. */
  onUnsubscribed(video: string, refusal: Refusal): void;
  /** The gateway wants a fresh token. */
  onRefresh(): void;
}

export interface LinkHandlers extends PushHandlers {
  /** Requests may be sent. The gateway's name, and how long the token lives, where they are told. */
  onReady(result: Result): void;
  /** The link works, but not as well as it could. */
  onReason(reason: ConnectionFault): void;
  /** The link ended by itself. Nothing comes after it, answers neither. */
  onEnd(ending: Ending): void;
}

export interface Link {
  readonly via: Via;
  /** Why it is no WebSocket. */
  readonly reason?: ConnectionFault;
  /** Known once it is ready, if the gateway tells. */
  readonly rules: Rules | undefined;
  start(): void;
  subscribe(video: string, from: From, onAnswer: OnAnswer): void;
  unsubscribe(video: string): void;
  publish(publication: Publication, onAnswer: OnAnswer): void;
  /** Gives a fresh token, with which the link goes on; what it doesn't cover is told as a push. */
  refresh(token: string, onAnswer: OnAnswer): void;
  /** Ends the link if the gateway can't be heard within this time. */
  check(withinMs: number): void;
  /** Ends the link. No handler is called any more. */
  close(): void;
}

/** How long a link waits for what must come. */
export interface LinkTimes {
  /** From the start until requests may be sent. */
  readonly connectTimeoutMs: number;
  /** Silence after which a sign of life is asked for. */
  readonly heartbeatMs: number;
  /** The wait for that sign. */
  readonly heartbeatTimeoutMs: number;
}

/**
 * When an answer is overdue, in milliseconds since something was heard, and how long the wait for
 * the sign of life is that is asked for then.
 */
export function doubtTimes({ heartbeatMs, heartbeatTimeoutMs }: LinkTimes): [number, number] {
  return [Math.min(heartbeatMs, heartbeatTimeoutMs / 4), heartbeatTimeoutMs / 2];
}
