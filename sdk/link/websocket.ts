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
/** The code that we close with; a gateway needs no other reason from a viewer. */
const NORMAL_CLOSURE = 1000;

/** The state of a WebSocket that can send (https://websockets.spec.whatwg.org/#dom-websocket-open). */
const OPEN = 1;

/** Until the gateway states its limit: more than any token that it accepts needs. */
const MESSAGE_LIMIT_BYTES = 16_384;

export interface WebSocketLinkOptions extends LinkTimes {
  /** The gateway's address, `ws:` or `wss:`, without a path of the protocol. */
  readonly url: string;
  readonly WebSocket: typeof WebSocket;
  readonly token: string | undefined;
}

/** What a close code says about the token, even if the reason was lost. */
const TOKEN_CLOSES: Readonly<Record<number, string>> = {
  4401: "token_expired",
  4403: "token_refused",
};

/**
 * Whether to reconnect after a close: by the range of its code, as docs/protocol.md defines it. The
 * table itself, with its meanings, would be larger than the rest of this file.
 */
function endingOf({ code, reason }: CloseEvent): Ending {
  const again = code < 4400 || code > 4499;
  return {
    code: again ? "connection_lost" : reason || (TOKEN_CLOSES[code] ?? "refused"),
    message: `the connection was closed (${code}${reason && `, ${reason}`})`,
    again,
    // Gateways close with 1011 and above.
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
  /** One timer for three waits: for the opening, then for silence, then for the answer to a ping. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;
  /** When the wait for the answer to a ping ends, by `performance.now()`. */
  #deadline = Infinity;

  constructor(options: WebSocketLinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** @throws whatever the WebSocket constructor throws, for example on a page that may not open one */
  start(): void {
    const { url, token, WebSocket, connectTimeoutMs } = this.#options;
    const socket = new WebSocket(url + CONNECT_PATH + this.#handlers.query(), SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.request("connect", { token }, (answer) => {
        if (answer.op === "error") {
          // The connection itself was refused, so no other request would succeed.
          return this.#end({ ...answer, again: !isFinal(answer.code) });
        }
        this.rules = answer.rules;
        this.#isReady = true;
        this.#restartTimer();
        this.#handlers.onReady(answer);
      });
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = (event) => this.#end(endingOf(event));
    // A close follows an error, but not in every implementation when the opening fails.
    socket.onerror = () => {
      if (!this.#isReady) this.#end(lost("the WebSocket did not open"));
    };
    this.#timer = setTimeout(
      () => this.#end(lost("the gateway did not answer in time")),
      connectTimeoutMs,
    );
  }

  subscribe(video: string, from: From, onAnswer: OnAnswer): void {
    this.request("subscribe", { video, ...from, ...this.#options.filter }, onAnswer);
  }

  unsubscribe(video: string): void {
    this.request("unsubscribe", { video });
  }

  publish(publication: Publication, onAnswer: OnAnswer): void {
    this.request("publish", publication, onAnswer);
  }

  refresh(token: string, onAnswer: OnAnswer): void {
    this.request("refresh", { token }, onAnswer);
  }

  check(withinMs: number): void {
    const deadline = performance.now() + withinMs;
    // A second check does not extend the first.
    if (!this.#isReady || this.#deadline <= deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#end(lost("the gateway is silent", "silent"));
    }, withinMs);
    // Any answer proves that the connection is alive, even an error of a gateway without `ping`.
    this.request("ping", {});
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isReady = false;
    this.#waiting.clear();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Node reports an error when a socket is closed before it opened.
    socket.onerror = () => undefined;
    socket.close(NORMAL_CLOSURE);
  }

  request(op: string, fields: object, onAnswer?: OnAnswer): void {
    // In any other state the link is about to end, and with it all requests in flight.
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
    // The first request in flight decides when an answer is overdue.
    if (this.#waiting.size === 1 && this.#deadline === Infinity) {
      this.#restartTimer();
    }
  }

  #receive(data: unknown): void {
    let message: unknown;
    try {
      message = decodeMsgpack(new Uint8Array(data as ArrayBuffer));
    } catch {
      return this.#end(lost("what answers is not a gateway"));
    }
    const { op, id }: Fields = isFields(message) ? message : {};
    const onAnswer = this.#waiting.get(Number(id));
    const isAnswer = op === "result" || op === "error";
    if (isAnswer) this.#waiting.delete(Number(id));
    this.#restartTimer();
    if (isAnswer) onAnswer?.(answerOf(message as Fields));
    else if (isFields(message)) dispatchPush(message, this.#handlers);
  }

  /** Measures silence from now on; while an answer is awaited, the ping is sent sooner. */
  #restartTimer(): void {
    if (!this.#isReady) return;
    const { heartbeatMs, heartbeatTimeoutMs } = this.#options;
    const [silenceMs, withinMs] =
      this.#waiting.size === 0 ? [heartbeatMs, heartbeatTimeoutMs] : doubtTimes(this.#options);
    this.#deadline = Infinity;
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
