/**
 * The only file that knows uWebSockets.js. Its sockets and responses throw when they are used after
 * their end; here each has a wrapper that knows whether it is open, and never throws.
 */
import { type CloseCode, closeCodes } from "../../shared/protocol/close-codes.ts";
import type { OvationError } from "../../shared/protocol/errors.ts";
import { CONNECT_PATH, type Subprotocol } from "../../shared/protocol/wire/messages.ts";
import { listenHosts } from "../../shared/runtime/listen-hosts.ts";
import type { Admitted, Visitor } from "../limits/admission.ts";
import { type Addon, loadAddon, type uWS } from "./addon.ts";
import type { CertificateFiles } from "./certificate.ts";
import { handshakeFault, headFault } from "./framing.ts";
import type { HandshakeHeaders } from "./handshake.ts";
import { forwardedFor, HttpExchange } from "./http-exchange.ts";
import { type ConnectionLimits, HttpConnection, OpenConnections } from "./open-connections.ts";
import { Pings } from "./pings.ts";
import type { SendOutcome } from "./send-outcome.ts";

/** Callbacks to the owner of a socket. */
export interface SocketHandlers {
  /** `bytes` are valid until this returns. */
  onMessage(bytes: Uint8Array, isBinary: boolean): void;
  /** A WebSocket ping or pong frame was received; a ping is already answered. */
  onControl(): void;
  /** There is room again after a write was dropped. */
  onDrain(): void;
  /** Closed by us or by the client, with this code; 1006 without any. */
  onClose(code: number): void;
}

export interface ListenerOptions {
  /** One or several, as {@link listenHosts} parses them; all on one port. */
  readonly host: string;
  readonly port: number;
  readonly sharePort: boolean;
  /** The prefix of every path, without a trailing slash; empty for none. */
  readonly basePath: string;
  readonly headLimitBytes: number;
  readonly messageLimitBytes: number;
  readonly bufferLimitBytes: number;
  readonly idleTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Undefined: any number. */
  readonly connections?: ConnectionLimits;
  /** Throws an OvationError to refuse; `onRefused` then gets the exchange. */
  readonly checkHandshake: (headers: HandshakeHeaders) => Subprotocol;
  /** Throws likewise. */
  readonly admit: (visitor: Visitor) => Admitted;
  /** @returns the socket's handlers; undefined when it was closed at once */
  readonly onSocket: (socket: ViewerSocket, opening: Opening) => SocketHandlers | undefined;
  readonly onRequest: (exchange: HttpExchange) => void;
  readonly onRefused: (exchange: HttpExchange, error: unknown) => void;
  /** A handler threw: only its own connection is closed. */
  readonly onFault: (error: unknown, wire: "websocket" | "http") => void;
}

/** What is known about a socket when it opens. */
export interface Opening extends Admitted {
  readonly subprotocol: Subprotocol;
  /** The header of the handshake, empty without one. */
  readonly authorization: string;
}

interface SocketData {
  /** Only until it is open: it may hold a token, and there are many sockets. */
  opening: Opening | undefined;
  socket?: ViewerSocket;
  handlers?: SocketHandlers | undefined;
  /** The sockets that are pinged together with it. */
  pinged?: Set<ViewerSocket>;
}

type UwsSocket = uWS.WebSocket<SocketData>;
type UwsBehavior = uWS.WebSocketBehavior<SocketData>;
type Behavior = UwsBehavior &
  Required<Pick<UwsBehavior, "open" | "message" | "ping" | "pong" | "drain" | "close">>;

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

interface Refusal {
  readonly error: unknown;
  readonly endsConnection: boolean;
}

/** What else is on the connection of an ambiguous request may be part of it, so it ends. */
function refusalOf(error: OvationError | undefined): Refusal | undefined {
  return error === undefined ? undefined : { error, endsConnection: true };
}

/** A viewer's WebSocket. */
export class ViewerSocket {
  #socket: UwsSocket | undefined;

  constructor(socket: UwsSocket) {
    this.#socket = socket;
  }

  /** Writes one message. `dropped` when more than the limit is already buffered. */
  send(bytes: Uint8Array, isBinary: boolean): SendOutcome {
    if (this.#socket === undefined) return "closed";
    return this.#socket.send(bytes, isBinary, false) === DROPPED ? "dropped" : "sent";
  }

  /** Writes messages with as few calls of the kernel as possible. */
  sendTogether(messages: readonly Uint8Array[], isBinary: boolean): void {
    this.#socket?.cork(() => {
      for (const bytes of messages) this.send(bytes, isBinary);
    });
  }

  /** What waits until the client reads. */
  get bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  /** Sends a ping frame. */
  ping(): void {
    this.#socket?.ping();
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

/** The addon's methods for handing accepted sockets to another app; its types lack them. */
interface ChildApps {
  getDescriptor(): unknown;
  addChildAppDescriptor(descriptor: unknown): void;
  removeChildAppDescriptor(descriptor: unknown): void;
}

/** Together they match every path, and are more specific than the pattern that matches all. */
const SPECIFIC_PATTERNS = ["/", "/:first", "/:first/*"];

type App = uWS.TemplatedApp & ChildApps;

/** For TLS 1.2: forward secrecy and authenticated encryption only. All of TLS 1.3's are secure. */
const CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20";
/** Certificates whose connections stay open; those of older ones are closed, and reconnect. */
const CERTIFICATES_KEPT = 8;

function tlsApp(addon: Addon, { certFile, keyFile }: CertificateFiles): App {
  const files = { cert_file_name: certFile, key_file_name: keyFile };
  return addon.SSLApp({ ...files, ssl_ciphers: CIPHERS }) as App;
}

const ANY_NUMBER: ConnectionLimits = {
  total: Number.POSITIVE_INFINITY,
  othersPerAddress: Number.POSITIVE_INFINITY,
  addressOf: () => undefined,
};

export class Listener {
  /** Every TCP connection. */
  readonly connections: OpenConnections;
  readonly #options: ListenerOptions;
  /** Accepts connections. With TLS it hands them to the newest serving app. */
  #acceptor: App | undefined;
  /** Apps that serve connections: one without TLS, else one per certificate, the newest last. */
  readonly #serving: App[] = [];
  readonly #pings: Pings<ViewerSocket>;
  readonly #listenSockets: uWS.us_listen_socket[] = [];
  /** A second object for the connection of the request that is being routed. */
  #spare: uWS.HttpResponse | undefined;
  /** Why the handshake that is being routed is refused. */
  #refusal: Refusal | undefined;
  /** Undefined until it is loaded. */
  #addon: Addon | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#pings = new Pings(options.pingIntervalMs);
    this.connections = new OpenConnections(options.connections ?? ANY_NUMBER);
  }

  /**
   * Must resolve before {@link useCertificate}; without a certificate, {@link start} calls it.
   * @throws Error when the addon can't be loaded
   */
  async load(): Promise<Addon> {
    this.#addon ??= await loadAddon(this.#options.headLimitBytes);
    return this.#addon;
  }

  /**
   * Uses a certificate for every connection from now on; open ones keep theirs. An app can't replace
   * its certificate, and closing a listening socket refuses the connections in its queue. So one app
   * accepts all the time, and hands each socket to the app of the current certificate.
   * @throws Error when the addon can't use it
   */
  useCertificate(files: CertificateFiles): void {
    if (this.#addon === undefined) throw new Error("load() must resolve before useCertificate()");
    const app = this.#served(tlsApp(this.#addon, files));
    this.#acceptor ??= tlsApp(this.#addon, files);
    const before = this.#serving.at(-1);
    // Removed before the next is added: with two, the addon would take turns between them.
    if (before !== undefined) this.#acceptor.removeChildAppDescriptor(before.getDescriptor());
    this.#acceptor.addChildAppDescriptor(app.getDescriptor());
    this.#serving.push(app);
    while (this.#serving.length > CERTIFICATES_KEPT) this.#serving.shift()?.close();
  }

  /**
   * Listens, without TLS unless a certificate is in use.
   * @returns the port, in case 0 was requested
   * @throws Error when it can't listen on the port
   */
  async start(): Promise<number> {
    const { host, port, sharePort } = this.#options;
    // The addon can't share port 0.
    if (sharePort && port === 0) throw new Error("port 0 can't be shared: name a port");
    const mode = sharePort ? LISTEN_SHARED : LISTEN_EXCLUSIVE;
    const addon = await this.load();
    if (this.#acceptor === undefined) {
      this.#acceptor = this.#served(addon.App() as App);
      this.#serving.push(this.#acceptor);
    }
    const hosts = listenHosts(host);
    let bound = port;
    for (const one of hosts) bound = await this.#listen(addon, this.#acceptor, one, bound, mode);
    this.#pings.start();
    return bound;
  }

  async #listen(
    addon: Addon,
    acceptor: App,
    host: string,
    port: number,
    mode: number,
  ): Promise<number> {
    return await new Promise((resolve, reject) => {
      const listening = (socket: uWS.us_listen_socket | false) => {
        if (socket === false) {
          const why = "it is in use, not permitted, or the host is not an address of this machine";
          reject(new Error(`port ${port} on ${host} can't be listened on: ${why}`));
          return;
        }
        this.#listenSockets.push(socket);
        resolve(addon.us_socket_local_port(socket as uWS.us_socket));
      };
      // The types lack a call with both host and options; the addon has one.
      const listen = acceptor.listen.bind(acceptor) as unknown as (
        host: string,
        port: number,
        mode: number,
        callback: typeof listening,
      ) => void;
      listen(host, port, mode, listening);
    });
  }

  /** Accepts no new connections; open ones stay. */
  stopListening(): void {
    for (const socket of this.#listenSockets.splice(0)) this.#addon?.us_listen_socket_close(socket);
  }

  /** Closes everything at once. */
  stop(): void {
    this.#pings.stop();
    this.#listenSockets.length = 0;
    for (const app of new Set([this.#acceptor, ...this.#serving])) app?.close();
    this.#acceptor = undefined;
    this.#serving.length = 0;
  }

  #served(app: App): App {
    app.ws<SocketData>(this.#options.basePath + CONNECT_PATH, this.#guarded(this.#behavior()));
    app.filter((response, count) => {
      const isNew = count > 0;
      return isNew ? this.connections.opened(response) : this.connections.closed();
    });
    // Routed to before the general pattern: the only way to a second object.
    for (const pattern of SPECIFIC_PATTERNS) {
      app.any(pattern, (response, request) => {
        this.#spare = response;
        request.setYield(true);
      });
    }
    app.any("/*", (response, request) => {
      const spare = this.#spare;
      const refusal = this.#refusal ?? refusalOf(headFault(request));
      this.#spare = undefined;
      this.#refusal = undefined;
      this.#exchange(response, request, spare, (exchange) => {
        if (refusal === undefined) return this.#options.onRequest(exchange);
        exchange.isLast = refusal.endsConnection;
        this.#options.onRefused(exchange, refusal.error);
      });
    });
    return app;
  }

  /**
   * Wraps the handlers so that none throws: an exception would end the process, and all connections
   * with it.
   */
  #guarded(behavior: Behavior): UwsBehavior {
    const guard =
      <Rest extends unknown[]>(handle: (ws: UwsSocket, ...rest: Rest) => unknown) =>
      (ws: UwsSocket, ...rest: Rest): void => {
        const data = ws.getUserData();
        try {
          handle(ws, ...rest);
        } catch (error) {
          this.#options.onFault(error, "websocket");
          data.socket?.end(closeCodes.internal);
        }
      };
    return {
      ...behavior,
      open: guard(behavior.open),
      message: guard(behavior.message),
      ping: guard(behavior.ping),
      pong: guard(behavior.pong),
      drain: guard(behavior.drain),
      close: guard(behavior.close),
    };
  }

  /** Handles a request; if its handler throws, it gets no answer and its connection ends. */
  #exchange(
    response: uWS.HttpResponse,
    request: uWS.HttpRequest,
    spare: uWS.HttpResponse | undefined,
    handle: (exchange: HttpExchange) => void,
  ): void {
    const address = this.connections.addressOf(response);
    const connection = new HttpConnection(this.connections, address, spare);
    const exchange = new HttpExchange(response, request, this.#options.basePath, connection);
    try {
      handle(exchange);
    } catch (error) {
      this.#options.onFault(error, "http");
      exchange.abandon();
    }
  }

  #behavior(): Behavior {
    const { messageLimitBytes, bufferLimitBytes, idleTimeoutMs, onSocket } = this.#options;
    return {
      maxPayloadLength: PAYLOAD_LIMIT_FACTOR * messageLimitBytes,
      maxBackpressure: bufferLimitBytes,
      closeOnBackpressureLimit: false,
      idleTimeout: Math.round(idleTimeoutMs / 1_000),
      // The addon's own pings may come only 16 s before the idle timeout, too late for proxies.
      sendPingsAutomatically: false,
      compression: 0,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (ws) => {
        const data = ws.getUserData();
        data.socket = new ViewerSocket(ws);
        data.pinged = this.#pings.add(data.socket);
        if (data.opening === undefined) return;
        data.handlers = onSocket(data.socket, data.opening);
        data.opening = undefined;
      },
      message: (ws, message, isBinary) => {
        ws.getUserData().handlers?.onMessage(new Uint8Array(message), isBinary);
      },
      ping: (ws) => {
        ws.getUserData().handlers?.onControl();
      },
      pong: (ws) => {
        ws.getUserData().handlers?.onControl();
      },
      drain: (ws) => {
        const { handlers } = ws.getUserData();
        if (ws.getBufferedAmount() <= bufferLimitBytes / 2) handlers?.onDrain();
      },
      close: (ws, code) => {
        this.connections.closed();
        const { socket, handlers, pinged } = ws.getUserData();
        if (socket !== undefined) pinged?.delete(socket);
        socket?.closed();
        handlers?.onClose(code);
      },
    };
  }

  #upgrade(
    response: uWS.HttpResponse,
    request: uWS.HttpRequest,
    context: uWS.us_socket_context_t,
  ): void {
    this.#refusal = refusalOf(handshakeFault(request));
    if (this.#refusal !== undefined) {
      request.setYield(true);
      return;
    }
    const key = request.getHeader("sec-websocket-key");
    let subprotocol: Subprotocol;
    let admitted: Admitted;
    try {
      subprotocol = this.#options.checkHandshake({
        upgrade: request.getHeader("upgrade"),
        connection: request.getHeader("connection"),
        version: request.getHeader("sec-websocket-version"),
        subprotocols: request.getHeader("sec-websocket-protocol"),
        key,
      });
      admitted = this.#options.admit({
        origin: request.getHeader("origin"),
        host: request.getHeader("host"),
        peer: new Uint8Array(response.getRemoteAddress()),
        forwardedFor: forwardedFor(request),
      });
    } catch (error) {
      this.#refusal = { error, endsConnection: false };
      request.setYield(true);
      return;
    }
    const authorization = request.getHeader("authorization");
    const extensions = ""; // No compression: it would cost more than it saves on small frames.
    const opening = { ...admitted, subprotocol, authorization };
    this.connections.leave(this.connections.addressOf(response));
    response.upgrade<SocketData>({ opening }, key, subprotocol, extensions, context);
  }
}
