/** A link over a WebSocket that speaks msgpack: one connection for all videos. */
import { CONNECT_PATH, type Subprotocol } from "../../shared/protocol/wire/endpoints.ts";
import { isTokenCode } from "../error.ts";
import { decodeMsgpack } from "../wire/msgpack-decode.ts";
import { encodeMsgpack } from "../wire/msgpack-encode.ts";
import { answerOf, dispatchPush, type Fields, isFields } from "./incoming.ts";
import {
  doubtTimes,
  type Ending,
  type From,
  type Link,
  type LinkHandlers,
  type LinkTimes,
  type OnAnswer,
  type Publication,
  type Rules,
} from "./link.ts";

const SUBPROTOCOL: Subprotocol = "ovation.v1.msgpack";
/** What we close with; a gateway needs no reason to let a viewer go. */
const NORMAL_CLOSURE = 1000;

/** Until the gateway says it: more than any token that it takes needs. */
const MESSAGE_LIMIT_BYTES = 16_384;

export interface WebSocketLinkOptions extends LinkTimes {
  /** The gateway's address, `ws:` or `wss:`, without a path of the protocol. */
  readonly url: string;
  readonly WebSocket: typeof WebSocket;
  readonly token: string | undefined;
}

/** What a close says of the token, also where its reason got lost. */
const TOKEN_CLOSES: Readonly<Record<number, string>> = {
  4401: "token_expired",
  4403: "token_refused",
};

/**
 * Whether to come back after a close: by the range of its code, as docs/protocol.md has it. The
 * table itself, with its meanings, would weigh more than the rest of this file.
 */
function endingOf({ code, reason }: CloseEvent): Ending {
  const again = code < 4400 || code > 4499;
  return {
    code: again ? "connection_lost" : reason || (TOKEN_CLOSES[code] ?? "refused"),
    message: `the connection was closed (${code}${reason && `, ${reason}`})`,
    again,
    // What gateways close with begins there.
    isCut: code < 1011,
  };
}

export class WebSocketLink implements Link {
  readonly via = "websocket";
  rules: Rules | undefined;
  readonly #options: WebSocketLinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #waiting = new Map<number, OnAnswer | undefined>();
  #socket: WebSocket | undefined;
  #lastId = 0;
  /** One timer for all: the opening, then silence, then the wait for a sign of life. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;
  /** When a sign of life that was asked for is due at the latest, by `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(options: WebSocketLinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** @throws whatever the constructor of a WebSocket throws where there is no use in trying */
  start(): void {
    const { url, token, WebSocket, connectTimeoutMs } = this.#options;
    const socket = new WebSocket(url + CONNECT_PATH, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#request("connect", { token }, (answer) => {
        if (answer.op === "error") {
          // No other request of ours could go better: what was refused is the connection.
          return this.#end({ ...answer, again: !isFinal(answer.code) });
        }
        this.rules = answer.rules;
        this.#isReady = true;
        this.#listen();
        this.#handlers.onReady(answer);
      });
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = (event) => this.#end(endingOf(event));
    // An error is followed by a close, but not in every implementation when the opening fails.
    socket.onerror = () => {
      if (!this.#isReady) this.#end(lost("no WebSocket opened"));
    };
    this.#timer = setTimeout(
      () => this.#end(lost("the gateway did not answer in time")),
      connectTimeoutMs,
    );
  }

  subscribe(video: string, { after, epoch, last }: From, onAnswer: OnAnswer): void {
    this.#request("subscribe", { video, after, epoch, last }, onAnswer);
  }

  unsubscribe(video: string): void {
    this.#request("unsubscribe", { video });
  }

  publish({ video, kind, data, eventId }: Publication, onAnswer: OnAnswer): void {
    this.#request("publish", { video, kind, data, eventId }, onAnswer);
  }

  refresh(token: string, onAnswer: OnAnswer): void {
    this.#request("refresh", { token }, onAnswer);
  }

  check(withinMs: number): void {
    const dueAt = performance.now() + withinMs;
    // Who asks again does not put off what is due already.
    if (!this.#isReady || this.#dueAt <= dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#end(lost("the gateway is not heard", "silent"));
    }, withinMs);
    // Any answer proves that the connection lives, also that of a gateway without `ping`.
    this.#request("ping", {});
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isReady = false;
    this.#waiting.clear();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // In Node, closing before the opening is told as an error.
    socket.onerror = () => undefined;
    socket.close(NORMAL_CLOSURE);
  }

  #request(op: string, fields: Fields, onAnswer?: OnAnswer): void {
    const { OPEN } = this.#options.WebSocket;
    // In another state it is about to be told as ended, and with it all that is on its way.
    if (this.#socket?.readyState !== OPEN) return;
    this.#lastId += 1;
    const bytes = encodeMsgpack({ op, id: this.#lastId, ...fields });
    const limit = this.rules?.messageBytes ?? MESSAGE_LIMIT_BYTES;
    if (bytes.length > limit) {
      const message = `the message is ${bytes.length} bytes; the limit is ${limit}`;
      return onAnswer?.({ op: "error", code: "message_too_large", message, limit });
    }
    this.#waiting.set(this.#lastId, onAnswer);
    this.#socket.send(bytes);
    // The first one that waits says when its answer is overdue.
    if (this.#waiting.size === 1 && this.#dueAt === Number.POSITIVE_INFINITY) this.#listen();
  }

  #receive(data: unknown): void {
    let message: unknown;
    try {
      message = decodeMsgpack(new Uint8Array(data as ArrayBuffer));
    } catch {
      return this.#end(lost("what answers is no gateway"));
    }
    const { op, id }: Fields = isFields(message) ? message : {};
    const onAnswer = this.#waiting.get(Number(id));
    const isAnswer = op === "result" || op === "error";
    if (isAnswer) this.#waiting.delete(Number(id));
    this.#listen();
    if (isAnswer) onAnswer?.(answerOf(message as Fields));
    else if (isFields(message)) dispatchPush(message, this.#handlers);
  }

  /** Silence is counted from now on; while an answer is awaited it is doubted sooner. */
  #listen(): void {
    if (!this.#isReady) return;
    const { heartbeatMs, heartbeatTimeoutMs } = this.#options;
    const [silenceMs, withinMs] =
      this.#waiting.size === 0 ? [heartbeatMs, heartbeatTimeoutMs] : doubtTimes(this.#options);
    this.#dueAt = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.check(withinMs), silenceMs);
  }

  #end(ending: Ending): void {
    if (this.#socket === undefined) return;
    this.close();
    this.#handlers.onEnd(ending);
  }
}

/** Whether `connect` would be refused again. */
function isFinal(code: string): boolean {
  return isTokenCode(code) || code === "field_invalid" || code === "message_too_large";
}

function lost(message: string, code = "unreachable"): Ending {
  return { code, message, again: true };
}
