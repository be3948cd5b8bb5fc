/**
 * One WebSocket connection: reads its messages, hands each request to its handler, and answers each
 * exactly once. A fault that can't be attributed to a request closes the connection.
 */

import { CompactMap } from "../../shared/lib/compact-map.ts";
import { bannedError } from "../../shared/moderation/bans.ts";
import { type CloseCode, closeCodes } from "../../shared/protocol/close-codes.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { type Encoding, encode } from "../../shared/protocol/wire/codec.ts";
import type { ServerMessage } from "../../shared/protocol/wire/messages.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { keyNotConfigured } from "../auth/api-keys.ts";
import { Expiry } from "../auth/expiry.ts";
import { type Grant, NO_GRANT } from "../auth/grant.ts";
import type { SharingOutlet } from "../delivery/shared-writes.ts";
import type { Outlet } from "../delivery/subscription.ts";
import { Viewer } from "../delivery/viewer.ts";
import type { ClientKey } from "../limits/client-key.ts";
import type { ConnectionRateLimit, Verdict } from "../limits/connection-rate-limit.ts";
import { countClosed, countRefused } from "../limits/connection-stats.ts";
import type { Lane } from "../limits/fair-turns.ts";
import type { ClientWork } from "../limits/work.ts";
import type { OrderedPublishes } from "../publish/ordered-publishes.ts";
import type { VideoHold } from "../table/interest.ts";
import type { SocketHandlers, ViewerSocket } from "../transport/listener.ts";
import type { SendOutcome } from "../transport/send-outcome.ts";
import { JoiningVideos } from "./joining-videos.ts";
import { nextRequestId, parseMessage, refusalOf, withoutRequestId } from "./read-message.ts";
import type { RequestContext, RequestLimits } from "./request-handler.ts";
import { handlerOf, opOf, requestOf } from "./requests/handlers.ts";
import { type GatewayServices, recordFailure, recordRejection } from "./services.ts";

export interface SessionLimits extends RequestLimits {
  readonly connectTimeoutMs: number;
  readonly authRefreshGraceMs: number;
  readonly viewerBufferBytes: number;
}

export interface SessionOptions {
  readonly wire: Encoding;
  /** The `Authorization` header of the handshake, empty without one. */
  readonly authorization: string;
  /** The address that its client is counted by. */
  readonly address: ClientKey;
  readonly services: GatewayServices;
  readonly limits: SessionLimits;
  /** Called once when the socket is closed, by either side: one function for all sessions. */
  readonly onEnd: (session: Session) => void;
}

/** Messages above this are charged to the client too, over all of its connections. */
const LARGE_BYTES = 2_048;

/** Messages of one client that may wait for their turn; a connection that sends more is closed. */
const WAITING_LIMIT = 5_000;

/** The messages of a connection that wait: all in one lane, so that they keep their order. */
interface WaitingMessages {
  readonly lane: Lane;
  count: number;
}

/** The state of a connection. */
type SessionState =
  /** It has not sent `connect`. */
  | { readonly name: "opened" }
  /** Its token is being verified: requests wait until that is done. */
  | { readonly name: "connecting"; readonly done: Promise<unknown> }
  | { readonly name: "connected" }
  /** It accepts no more requests, and is closed once its publishes are answered. */
  | { readonly name: "draining"; readonly close: CloseCode }
  | { readonly name: "closed" };

// One of each for all connections, since there are so many of them.
const OPENED: SessionState = { name: "opened" };
const CONNECTED: SessionState = { name: "connected" };
const CLOSED: SessionState = { name: "closed" };

export class Session implements SocketHandlers, Outlet, SharingOutlet, RequestContext {
  readonly viewer: Viewer;
  readonly wire: Encoding;
  readonly services: GatewayServices;
  readonly limits: SessionLimits;
  /** The address that its client is counted by. */
  readonly address: ClientKey;
  /** When it was opened, in seconds of the monotonic clock. */
  readonly openedAtS = Math.round(monotonicNow() / 1_000);
  /** Videos watched or about to be, each by its hold on the gateway's interest. */
  readonly videos = new CompactMap<VideoHold>();
  readonly joining = new JoiningVideos();
  /** How much it may request and publish. */
  readonly quota: ConnectionRateLimit;
  /** The `Authorization` header of the handshake; empty without one, or once it was checked. */
  authorization: string;
  /** Publishes and refreshes that wait for their answer. */
  inFlight = 0;
  learning: Promise<void> | undefined;
  readonly #socket: ViewerSocket;
  readonly #onEnd: (session: Session) => void;
  #connectTimer: NodeJS.Timeout | undefined;
  /** Undefined until a grant has an end; most have none where no token is required. */
  #expiry: Expiry | undefined;
  #grant = NO_GRANT;
  #state: SessionState = OPENED;
  /** Requests that wait for `connect`. */
  #waiting = 0;
  /** Undefined until the first publish: most viewers never publish. */
  #ordered: Pick<OrderedPublishes, "publish" | "inTurn"> | undefined;
  #lastRequestId = 0;
  #waitingMessages: WaitingMessages | undefined;
  /** It is about to be closed for what it sent; nothing more is read. */
  #isFlooding = false;

  constructor(
    socket: ViewerSocket,
    { wire, authorization, address, services, limits, onEnd }: SessionOptions,
  ) {
    this.#socket = socket;
    this.wire = wire;
    this.authorization = authorization;
    this.services = services;
    this.limits = limits;
    this.address = address;
    this.#onEnd = onEnd;
    this.quota = services.rates.rateLimit();
    this.viewer = new Viewer(this, services.delivery);
  }

  /** Closes the connection if it doesn't send `connect` in time. */
  start(): void {
    this.#connectTimer = setTimeout(() => {
      this.#refuse(0, new OvationError("connect_timeout"));
    }, this.limits.connectTimeoutMs);
  }

  /** What this connection may do. */
  get grant(): Grant {
    return this.#grant;
  }

  /** Who is connected, if the token says so. */
  get actor(): string | undefined {
    return this.#grant.actor;
  }

  /** The videos that it watches. */
  watching(): readonly string[] {
    return [...this.videos.keys()];
  }

  /** Whom it counts as. A fresh token is of the same actor, so this stays. */
  get client(): ClientKey {
    return this.#grant.clientAt(this.address);
  }

  get limitedAs(): ClientKey | undefined {
    return this.#grant.limitedAt(this.address);
  }

  get isOpen(): boolean {
    return this.#state !== CLOSED;
  }

  onMessage(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isFlooding) return;
    this.services.connections.requests.websocket += 1;
    const { messageTurns } = this.services.rates.work;
    const client = this.#work;
    const verdict = this.quota.request(bytes.length, client);
    if (verdict === "close") this.#isFlooding = true;
    if (this.#waitingMessages === undefined && messageTurns.begin(client.lane)) {
      return this.#read(bytes, isBinary, verdict);
    }
    this.#waitingMessages ??= { lane: client.lane, count: 0 };
    const { lane } = this.#waitingMessages;
    if (lane.length >= WAITING_LIMIT) this.#isFlooding = true;
    const kept = bytes.slice(); // The addon uses its memory again.
    const verdictThen = this.#isFlooding ? "close" : verdict;
    this.#waitingMessages.count += 1;
    messageTurns.wait(lane, () => this.#readInTurn(kept, isBinary, verdictThen));
  }

  #readInTurn(bytes: Uint8Array, isBinary: boolean, verdict: Verdict): void {
    const waiting = this.#waitingMessages;
    if (waiting !== undefined) waiting.count -= 1;
    if (waiting?.count === 0) this.#waitingMessages = undefined;
    if (!this.isOpen) return;
    try {
      this.#read(bytes, isBinary, verdict);
    } catch (fault) {
      this.#fail(fault);
    }
  }

  #read(bytes: Uint8Array, isBinary: boolean, verdict: Verdict): void {
    if (verdict !== "take") {
      // Nobody sends as much before it is known who it is.
      const isUnknown = this.#state === OPENED && this.quota.isSpent;
      if (verdict === "close" || isUnknown) return this.#endFlood();
      return this.#refuseUnread(bytes, this.quota.refusal(verdict, this.#work));
    }
    let message: Record<string, unknown>;
    try {
      // Most messages are small, and their number is enough of a limit.
      if (bytes.length > LARGE_BYTES) this.#work.bytes(bytes.length);
      message = parseMessage(this.wire, this.services.messageBounds, bytes, isBinary);
    } catch (error) {
      return this.#refuseUnread(bytes, asOvationError(error));
    }
    const id = nextRequestId(message["id"], this.#lastRequestId);
    if (id === undefined) return this.#refuse(0, withoutRequestId());
    this.#lastRequestId = id;
    void this.#carryOut(id, message, bytes.length).catch((fault: unknown) => this.#fail(fault));
  }

  /** What its client may still cause, over all of its connections. */
  get #work(): ClientWork {
    return this.services.rates.work.of(this.#grant, this.address);
  }

  /** Writes a frame, or another encoded message. */
  send(bytes: Uint8Array): SendOutcome {
    return this.#socket.send(bytes, this.wire === "msgpack");
  }

  /** Writes a frame with those of other videos that are due in the same turn. */
  sendShared(bytes: Uint8Array): SendOutcome {
    return this.services.sharedWrites.send(this, bytes);
  }

  get roomBytes(): number {
    return this.limits.viewerBufferBytes - this.#socket.bufferedBytes;
  }

  sendTogether(messages: readonly Uint8Array[]): void {
    this.#socket.sendTogether(messages, this.wire === "msgpack");
  }

  chargeRequests(more: number): void {
    if (more > 0) this.quota.more(more, this.#work);
  }

  /** The client sent a WebSocket ping frame, or a pong, whether or not we had pinged it. */
  onControl(): void {
    if (this.quota.control() === "close" && !this.#isFlooding) this.#endFlood();
  }

  onDrain(): void {
    this.viewer.catchUp();
  }

  onClose(code: number): void {
    this.#state = CLOSED;
    countClosed(this.services.connections, code);
    clearTimeout(this.#connectTimer);
    // First, so that a failure in the rest doesn't leave the connection counted.
    this.#onEnd(this);
    this.#expiry?.stop();
    this.viewer.leaveAll();
    for (const [video, hold] of this.videos.entries()) {
      this.services.interest.release(video, this, hold);
    }
    this.videos.clear();
  }

  connecting<T>(work: Promise<T>): Promise<T> {
    if (this.#state === OPENED) this.#state = { name: "connecting", done: work };
    work.catch(() => {
      if (this.#state.name === "connecting") this.#state = OPENED;
    });
    return work;
  }

  connected(grant: Grant): void {
    // A session that is draining, or has closed meanwhile, keeps its state.
    if (this.#state === OPENED || this.#state.name === "connecting") this.#state = CONNECTED;
    clearTimeout(this.#connectTimer);
    this.#connectTimer = undefined; // A timer takes as much memory as the session.
    this.authorization = ""; // It has been checked.
    this.adopt(grant);
  }

  /**
   * Replaces what the connection may do; it unsubscribes from videos that it may not watch now.
   * @returns the videos that are no longer watched
   */
  adopt(grant: Grant): string[] {
    // The client may have gone while its token was verified.
    if (!this.isOpen) return [];
    this.#grant = grant;
    if (grant.expiresAtMs !== undefined) this.#expiry ??= this.#newExpiry();
    this.#expiry?.watch(grant.expiresAtMs);
    const held = this.videos.entries();
    const lost = held.filter(([video, hold]) => !grant.mayWatch(video, hold)).map(([id]) => id);
    for (const video of lost) this.unwatch(video);
    return lost;
  }

  /** Adopts what the gateway's keys allow by now, or closes where they allow nothing any more. */
  renewGrant(renewed: (grant: Grant) => Grant | undefined): void {
    const grant = renewed(this.#grant);
    if (grant === undefined) this.#refuse(0, keyNotConfigured());
    else if (grant !== this.#grant) this.notifyUnsubscribed(this.adopt(grant));
  }

  #newExpiry(): Expiry {
    const graceMs = this.limits.authRefreshGraceMs;
    return new Expiry({
      graceMs,
      wallClock: Date.now,
      onExpired: () => this.#send({ op: "refresh", withinMs: graceMs }),
      onEnd: () => this.#refuse(0, new OvationError("token_expired")),
    });
  }

  requireRoom(): void {
    const limit = this.limits.inFlightLimit;
    if (this.inFlight < limit) return;
    const text = `${limit} requests already wait for an answer`;
    throw new OvationError("in_flight_exceeded", text, { limit });
  }

  get ordered(): Pick<OrderedPublishes, "publish" | "inTurn"> {
    this.#ordered ??= this.services.publisher.inOrder();
    return this.#ordered;
  }

  /** No more events of this video are sent. False if it wasn't watched. */
  unwatch(video: string): boolean {
    const hold = this.videos.get(video);
    if (hold === undefined) return false;
    this.videos.delete(video);
    this.viewer.leave(video);
    this.services.interest.release(video, this, hold);
    return true;
  }

  notifyUnsubscribed(videos: readonly string[]): void {
    const error = new OvationError("forbidden", "the token no longer allows to watch the video");
    for (const video of videos) this.#tellUnsubscribed(video, error);
  }

  /** Leaves the videos that its actor is banned from. */
  leaveBanned(): void {
    for (const video of this.videos.keys()) {
      const ban = this.services.bans.of(this.actor, video);
      if (ban?.mode !== "ban") continue;
      this.unwatch(video);
      this.#tellUnsubscribed(video, bannedError(ban));
    }
  }

  #tellUnsubscribed(video: string, error: OvationError): void {
    countRefused(this.services.connections, "websocket", error.code);
    this.#send({ op: "unsubscribed", video, ...error.body() });
  }

  /** Sends a message that the viewer may miss if its buffer has no room for it. */
  notify(message: ServerMessage): void {
    const outcome = this.send(encode(this.wire, message));
    if (outcome === "dropped") this.services.connections.noticesDropped += 1;
  }

  /** Tells the viewer when to reconnect, and closes once its publishes are answered. */
  dismiss(reconnectAfterMs: number, close: CloseCode = closeCodes.restart): void {
    if (!this.isOpen) return;
    this.#state = { name: "draining", close };
    this.#send({ op: "bye", reconnectAfterMs });
    this.#endIfDone();
  }

  /** Closes although publishes may still wait for an answer: the gateway stops. */
  end(): void {
    this.#socket.end(closeCodes.restart);
  }

  #endFlood(): void {
    this.#isFlooding = true;
    this.#refuse(0, this.quota.refusal("close", this.#work));
    this.#socket.end(closeCodes.flooding);
  }

  #endIfDone(): void {
    const state = this.#state;
    if (state.name === "draining" && this.inFlight === 0) this.#socket.end(state.close);
  }

  #refuseUnread(bytes: Uint8Array, fault: OvationError): void {
    const { id, error } = refusalOf(this.wire, bytes, fault, this.#lastRequestId);
    if (id > 0) this.#lastRequestId = id;
    this.#refuse(id, error);
  }

  async #carryOut(id: number, message: Record<string, unknown>, bytes: number): Promise<void> {
    try {
      const op = opOf(message);
      if (this.#state.name === "draining") throw new OvationError("draining");
      if (op === "connect") {
        if (this.#state.name !== "opened") throw new OvationError("already_connected");
      } else {
        if (this.#state.name === "connecting") await this.#afterConnect(this.#state.done);
        if (!this.isOpen) return;
        if (this.#state.name === "opened") throw new OvationError("connect_required");
      }
      const handled = handlerOf(op)(this, requestOf(op, message), bytes);
      // No await for a result that is ready, so that requests sent in a row keep their order.
      const { result, afterwards } = handled instanceof Promise ? await handled : handled;
      this.#send({ op: "result", id, ...result });
      if (afterwards !== undefined) this.#afterAnswer(afterwards);
    } catch (error) {
      const refusal = asOvationError(error);
      this.#refuse(id, refusal, error);
      this.#endIfBanned(refusal);
    }
    this.#endIfDone();
  }

  /** The request already has its one answer. */
  #afterAnswer(work: () => void): void {
    try {
      work();
    } catch (fault) {
      this.#fail(fault);
    }
  }

  async #afterConnect(connecting: Promise<unknown>): Promise<void> {
    const limit = this.limits.inFlightLimit;
    if (this.#waiting >= limit) {
      const text = `${limit} requests already wait for connect`;
      throw new OvationError("in_flight_exceeded", text, { limit });
    }
    this.#waiting += 1;
    // A failed `connect` gets its own answer.
    await connecting.catch(() => undefined);
    this.#waiting -= 1;
  }

  /** A failure that can no longer be answered ends the connection; the viewer reconnects. */
  #fail(fault: unknown): void {
    recordFailure(this.services, "websocket", fault);
    this.#socket.end(closeCodes.internal);
  }

  #refuse(id: number, error: OvationError, cause?: unknown): void {
    recordRejection(this.services, "websocket", error, cause ?? error);
    this.#send({ op: "error", id, ...error.body() });
    const { close, closesWithoutId = false } = error.kind;
    if (close !== undefined && !(closesWithoutId && id > 0)) this.#socket.end(closeCodes[close]);
  }

  /** Nobody connects who is banned everywhere. */
  #endIfBanned({ code }: OvationError): void {
    if (code === "banned" && this.#state === OPENED) this.#socket.end(closeCodes.banned);
  }

  /** Answers can't pile up for a client that sends but doesn't read: it is disconnected. */
  #send(message: ServerMessage): void {
    const outcome = this.send(encode(this.wire, message));
    if (outcome === "dropped") this.#socket.end(closeCodes.slow);
  }
}
