/**
 * The one file that knows uWebSockets.js. Its sockets and responses throw when they are used after
 * their end; here each is owned by a wrapper that knows whether it is open, and never throws.
 */
import * as uWS from "uWebSockets.js";
import type { CloseCode } from "../shared/close-codes.ts";
import { CONNECT_PATH, type Subprotocol } from "../shared/wire/messages.ts";
import type { HandshakeHeaders } from "./handshake.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { SendOutcome } from "./viewer.ts";

/** What the owner of a socket is told. */
export interface SocketHandlers {
  /** `bytes` are valid until this returns. */
  onMessage(bytes: Uint8Array, isBinary: boolean): void;
  /** There is room again after a write was dropped. */
  onDrain(): void;
  onClose(): void;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly sharePort: boolean;
  readonly messageLimitBytes: number;
  readonly bufferLimitBytes: number;
  readonly idleTimeoutMs: number;
  /** Throws an OvationError to refuse; the exchange it is refused on follows. */
  readonly checkHandshake: (headers: HandshakeHeaders) => Subprotocol;
  /** `authorization` is the header of the handshake, empty without one. */
  readonly onSocket: (
    socket: ViewerSocket,
    subprotocol: Subprotocol,
    authorization: string,
  ) => SocketHandlers;
  readonly onRequest: (exchange: HttpExchange) => void;
  readonly onRefused: (exchange: HttpExchange, error: unknown) => void;
}

interface SocketData {
  readonly subprotocol: Subprotocol;
  readonly authorization: string;
  socket?: ViewerSocket;
  handlers?: SocketHandlers;
}

type UwsSocket = uWS.WebSocket<SocketData>;

/** uWebSockets.js's listen options, by number: builds differ in how they export their names. */
const LISTEN_SHARED = 0;
const LISTEN_EXCLUSIVE = 1;
/** Results of uWebSockets.js's `send`: 0 is buffered, 1 sent, 2 dropped. */
const DROPPED = 2;
/**
 * Messages between our limit and this are refused with an error and a close code; above it
 * uWebSockets.js closes the socket without either.
 */
const PAYLOAD_LIMIT_FACTOR = 4;

/** A viewer's WebSocket. */
export class ViewerSocket {
  #socket: UwsSocket | undefined;

  constructor(socket: UwsSocket) {
    this.#socket = socket;
  }

  /** Writes one message. `dropped` when more than the limit waits already. */
  send(bytes: Uint8Array, isBinary: boolean): SendOutcome {
    if (this.#socket === undefined) return "closed";
    return this.#socket.send(bytes, isBinary, false) === DROPPED ? "dropped" : "sent";
  }

  /** Closes with a code and a reason; a viewer that doesn't read will see only code 1006. */
  end(close: CloseCode): void {
    this.#socket?.end(close.code, close.reason);
  }

  /** For the listener only: the socket is gone. */
  closed(): void {
    this.#socket = undefined;
  }
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #app = uWS.App();
  #listenSocket: uWS.us_listen_socket | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#app.ws<SocketData>(CONNECT_PATH, this.#behavior());
    this.#app.any("/*", (response, request) => {
      options.onRequest(new HttpExchange(response, request));
    });
  }

  /**
   * Listens.
   * @returns the port, for when 0 was asked for
   * @throws Error when the port can't be had
   */
  async start(): Promise<number> {
    const { host, port, sharePort } = this.#options;
    // The addon shares only a port that was named.
    if (sharePort && port === 0) throw new Error("port 0 can't be shared: name a port");
    const mode = sharePort ? LISTEN_SHARED : LISTEN_EXCLUSIVE;
    return await new Promise((resolve, reject) => {
      const listening = (socket: uWS.us_listen_socket | false) => {
        if (socket === false) {
          const why = "it is taken, not permitted, or the host is no address of this machine";
          reject(new Error(`port ${port} on ${host} can't be listened on: ${why}`));
          return;
        }
        this.#listenSocket = socket;
        resolve(uWS.us_socket_local_port(socket as uWS.us_socket));
      };
      // The types know no call with both host and options; the addon does.
      const listen = this.#app.listen.bind(this.#app) as unknown as (
        host: string,
        port: number,
        mode: number,
        callback: typeof listening,
      ) => void;
      listen(host, port, mode, listening);
    });
  }

  /** Takes no new connection; those that are open stay. */
  stopListening(): void {
    if (this.#listenSocket !== undefined) uWS.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  /** Closes everything at once. */
  stop(): void {
    this.#listenSocket = undefined;
    this.#app.close();
  }

  #behavior(): uWS.WebSocketBehavior<SocketData> {
    const { messageLimitBytes, bufferLimitBytes, idleTimeoutMs, onSocket } = this.#options;
    return {
      maxPayloadLength: PAYLOAD_LIMIT_FACTOR * messageLimitBytes,
      maxBackpressure: bufferLimitBytes,
      closeOnBackpressureLimit: false,
      idleTimeout: Math.round(idleTimeoutMs / 1_000),
      sendPingsAutomatically: true,
      compression: 0,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (ws) => {
        const data = ws.getUserData();
        data.socket = new ViewerSocket(ws);
        data.handlers = onSocket(data.socket, data.subprotocol, data.authorization);
      },
      message: (ws, message, isBinary) => {
        ws.getUserData().handlers?.onMessage(new Uint8Array(message), isBinary);
      },
      drain: (ws) => {
        const { handlers } = ws.getUserData();
        if (ws.getBufferedAmount() <= bufferLimitBytes / 2) handlers?.onDrain();
      },
      close: (ws) => {
        const { socket, handlers } = ws.getUserData();
        socket?.closed();
        handlers?.onClose();
      },
    };
  }

  #upgrade(
    response: uWS.HttpResponse,
    request: uWS.HttpRequest,
    context: uWS.us_socket_context_t,
  ): void {
    const key = request.getHeader("sec-websocket-key");
    let subprotocol: Subprotocol;
    try {
      subprotocol = this.#options.checkHandshake({
        upgrade: request.getHeader("upgrade"),
        connection: request.getHeader("connection"),
        version: request.getHeader("sec-websocket-version"),
        subprotocols: request.getHeader("sec-websocket-protocol"),
        key,
      });
    } catch (error) {
      this.#options.onRefused(new HttpExchange(response, request), error);
      return;
    }
    const authorization = request.getHeader("authorization");
    const extensions = ""; // No compression: it costs more than the small frames would save.
    response.upgrade<SocketData>(
      { subprotocol, authorization },
      key,
      subprotocol,
      extensions,
      context,
    );
  }
}
