/**
 * One WebSocket connection: reads its messages, hands each request to its handler, and sees to it
 * that each is answered exactly once. What breaks the protocol closes the connection.
 */
import { closeCodes } from "../shared/close-codes.ts";
import { decodeUntrusted } from "../shared/decode-untrusted.ts";
import { asOvationError, OvationError } from "../shared/errors.ts";
import { errorOfIssues } from "../shared/events.ts";
import { type Encoding, encode } from "../shared/wire/codec.ts";
import {
  isOp,
  type Op,
  type Request,
  type ResultMessage,
  requestIdSchema,
  requestSchemas,
  type ServerMessage,
} from "../shared/wire/messages.ts";
import { CompactMap } from "./compact-map.ts";
import type { SocketHandlers, ViewerSocket } from "./listener.ts";
import { connect } from "./requests/connect.ts";
import { ping } from "./requests/ping.ts";
import { publish } from "./requests/publish.ts";
import { subscribe } from "./requests/subscribe.ts";
import { unsubscribe } from "./requests/unsubscribe.ts";
import { countRefused, type GatewayServices } from "./services.ts";
import { type Outlet, type SendOutcome, Viewer } from "./viewer.ts";

export interface SessionLimits {
  readonly messageLimitBytes: number;
  readonly connectTimeoutMs: number;
  readonly subscriptionsLimit: number;
  readonly inFlightLimit: number;
}

/** What a request that was carried out comes to. */
export interface Outcome {
  /** Fields of its result. */
  readonly result: Omit<ResultMessage, "op" | "id">;
  /** What is to be done once the viewer has been answered. */
  readonly afterwards?: () => void;
}
/** Carries out one request, which came in a message of `messageBytes`. Throws an OvationError. */
export type RequestHandler<O extends Op> = (
  session: Session,
  request: Request<O>,
  messageBytes: number,
) => Promise<Outcome> | Outcome;

const handlers: { readonly [O in Op]: RequestHandler<O> } = {
  connect,
  subscribe,
  unsubscribe,
  publish,
  ping,
};

export class Session implements SocketHandlers, Outlet {
  readonly viewer: Viewer;
  readonly wire: Encoding;
  readonly services: GatewayServices;
  readonly limits: SessionLimits;
  /** Videos watched or about to be, each by its hold on the gateway's interest. */
  readonly videos = new CompactMap<symbol>();
  isConnected = false;
  /** Publishes that wait for their answer. */
  inFlight = 0;
  readonly #socket: ViewerSocket;
  readonly #onEnd: (session: Session) => void;
  #connectTimer: NodeJS.Timeout | undefined;
  #lastRequestId = 0;
  #isDismissed = false;

  /** @param onEnd called once, when the connection is closed, whoever closed it */
  constructor(
    socket: ViewerSocket,
    wire: Encoding,
    services: GatewayServices,
    limits: SessionLimits,
    onEnd: (session: Session) => void,
  ) {
    this.#socket = socket;
    this.wire = wire;
    this.services = services;
    this.limits = limits;
    this.#onEnd = onEnd;
    this.viewer = new Viewer(this, services.delivery);
    this.#connectTimer = setTimeout(() => {
      this.#refuse(0, new OvationError("connect_timeout"));
    }, limits.connectTimeoutMs);
  }

  onMessage(bytes: Uint8Array, isBinary: boolean): void {
    this.services.connections.requests += 1;
    let id = 0;
    try {
      const message = this.#parse(bytes, isBinary);
      id = this.#requestId(message);
      void this.#carryOut(id, message, bytes.length);
    } catch (error) {
      this.#refuse(id, asOvationError(error));
    }
  }

  /** Writes a frame, or another message as it is to be sent. */
  send(bytes: Uint8Array): SendOutcome {
    return this.#socket.send(bytes, this.wire === "msgpack");
  }

  onDrain(): void {
    this.viewer.catchUp();
  }

  onClose(): void {
    clearTimeout(this.#connectTimer);
    this.viewer.leaveAll();
    for (const video of this.videos.keys()) this.services.interest.release(video);
    this.videos.clear();
    this.#onEnd(this);
  }

  /** `connect` was carried out: the connection may stay. */
  connected(): void {
    this.isConnected = true;
    clearTimeout(this.#connectTimer);
    this.#connectTimer = undefined; // It takes as much memory as the session.
  }

  /** Tells the viewer to come back after a while, and closes once its publishes are answered. */
  dismiss(reconnectAfterMs: number): void {
    this.#isDismissed = true;
    this.#send({ op: "bye", reconnectAfterMs });
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isDismissed && this.inFlight === 0) this.#socket.end(closeCodes.restart);
  }

  #parse(bytes: Uint8Array, isBinary: boolean): Record<string, unknown> {
    if (isBinary !== (this.wire === "msgpack")) throw new OvationError("frame_type_wrong");
    const limit = this.limits.messageLimitBytes;
    if (bytes.length > limit) {
      const text = `the message is ${bytes.length} bytes; the limit is ${limit}`;
      throw new OvationError("message_too_large", text, { limit });
    }
    const code = "message_malformed";
    const message = decodeUntrusted(this.wire, bytes, code, "the message");
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      throw new OvationError("message_malformed", "the message is not a map");
    }
    return message as Record<string, unknown>;
  }

  /** Ids must rise, so that a repeated one is known without remembering them all. */
  #requestId(message: Record<string, unknown>): number {
    const parsed = requestIdSchema.safeParse(message["id"]);
    if (!parsed.success || parsed.data <= this.#lastRequestId) {
      throw new OvationError("request_id_invalid", undefined, { field: "id" });
    }
    this.#lastRequestId = parsed.data;
    return parsed.data;
  }

  async #carryOut(id: number, message: Record<string, unknown>, bytes: number): Promise<void> {
    try {
      const { op } = message;
      if (!isOp(op)) {
        const known = Object.keys(requestSchemas).join(", ");
        throw new OvationError("op_unknown", `op: not one of ${known}`, { field: "op" });
      }
      if (this.#isDismissed) throw new OvationError("draining");
      if (!this.isConnected && op !== "connect") throw new OvationError("connect_required");
      await this.#run(op, id, message, bytes);
    } catch (error) {
      this.#refuse(id, asOvationError(error), error);
    }
    this.#endIfDone();
  }

  async #run<O extends Op>(
    op: O,
    id: number,
    message: Record<string, unknown>,
    bytes: number,
  ): Promise<void> {
    const parsed = requestSchemas[op].safeParse(message);
    if (!parsed.success) throw errorOfIssues(parsed.error);
    // The table of schemas and that of handlers have the same keys, which the types can't follow.
    const handled = handlers[op](this, parsed.data as Request<O>, bytes);
    // Without waiting for what is there already, so that requests sent in a row keep their order.
    const { result, afterwards } = handled instanceof Promise ? await handled : handled;
    this.#send({ op: "result", id, ...result });
    afterwards?.();
  }

  #refuse(id: number, error: OvationError, cause?: unknown): void {
    const { connections, log } = this.services;
    countRefused(connections, error.code);
    if (error.code === "internal") log.error({ err: cause ?? error }, "a request failed");
    this.#send({ op: "error", id, ...error.body() });
    if (error.kind.close !== undefined) this.#socket.end(closeCodes[error.kind.close]);
  }

  /** A client that sends but doesn't read can't be owed more and more answers. */
  #send(message: ServerMessage): void {
    const outcome = this.send(encode(this.wire, message));
    if (outcome === "dropped") this.#socket.end(closeCodes.slow);
  }
}
