/**
 * Keeps one link to a gateway: makes it, monitors it, and makes another when it ends, over a
 * WebSocket or over HTTP.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import { type Address, Addresses } from "./addresses.ts";
import { Credentials } from "./credentials.ts";
import { isRetryable, isTokenCode, type OvationError } from "./error.ts";
import { LinkChoice } from "./link/choice.ts";
import type { Ending, Link, LinkHandlers, PushHandlers, Result } from "./link/link.ts";
import { loadOverHttp } from "./load-chunk.ts";
import type { Diagnoses } from "./over-http/diagnosis.ts";
import type { Settings } from "./settings.ts";
import type { ConnectionFault, ConnectionState, Via } from "./state.ts";
import { HIDDEN_PACE_MS, listenForWake, type WakeSignal, wantedPaceMs } from "./wake.ts";

export interface ConnectionHandlers
  extends Pick<PushHandlers, "onEvents" | "onReset" | "onUnsubscribed"> {
  /** The query of the handshake, with its `?`: the video that the client comes for. */
  query(): string;
  /** Requests can be sent over this link. */
  onLink(link: Link): void;
  /** The link continues with a fresh token, which may cover other videos. */
  onToken(): void;
  /** The link ended: no requests can be sent, and open ones will not be answered. */
  onUnlink(): void;
  onState(state: ConnectionState): void;
  /** An error that does not change the state. */
  onError(error: OvationError): void;
}

/** How long to wait for the answer to a ping when there is a reason to doubt the connection. */
const DOUBT_MS = 5_000;
/** The longest wait before a WebSocket is tried again, as a multiple of `webSocketRetryMs`. */
const MAX_UPGRADE_FACTOR = 20;
/**
 * After this many failed attempts, a client that was connected before asks why. Not sooner: a
 * gateway's restart is the likely cause.
 */
const PROVEN_ATTEMPTS = 2;

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Connection {
  readonly #settings: Settings;
  readonly #handlers: ConnectionHandlers;
  readonly #addresses: Addresses;
  readonly #choice: LinkChoice;
  /** Created with the first diagnosis. */
  #diagnoses: Diagnoses | undefined;
  readonly #credentials: Credentials;
  readonly #backoff: Backoff;
  #upgradeBackoff: Backoff;
  #state: ConnectionState = { name: "idle" };
  /** The link in use or being made. */
  #link: Link | undefined;
  #isReady = false;
  /** Whether the link has lasted for `healthyMs`. */
  #isHealthy = false;
  #token: string | undefined;
  /** A WebSocket that is tried while the link in use is HTTP. */
  #candidate: Link | undefined;
  /** Changes with every attempt and every end: results of an earlier attempt are ignored. */
  #attempt = 0;
  #failedAttempts = 0;
  #wasConnected = false;
  /** The pace that the link was told. */
  #everyMs = 0;
  /** How long the gateway asked us to wait before we reconnect. */
  #byeMs: number | undefined;
  #retryTimer: Timer;
  #healthyTimer: Timer;
  #upgradeTimer: Timer;
  #stopListening: (() => void) | undefined;

  constructor(settings: Settings, handlers: ConnectionHandlers) {
    const { random, reconnectFirstMs, reconnectMaxMs, webSocketRetryMs } = settings;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#addresses = new Addresses(settings.url, random);
    this.#choice = new LinkChoice(settings);
    this.#credentials = new Credentials(settings.token, settings, () => {
      void this.#refresh();
    });
    this.#backoff = new Backoff(0, reconnectMaxMs, random, reconnectFirstMs);
    this.#upgradeBackoff = this.#upgradesFrom(webSocketRetryMs);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The address of the gateway in use, or of the one being tried. */
  get address(): Address {
    return this.#addresses.current;
  }

  /** The token in use, or a fresh one while not connected. */
  async token(): Promise<string | undefined> {
    return this.#isReady ? this.#token : await this.#freshToken();
  }

  /**
   * Connects, unless connected or connecting.
   * @throws TypeError when the address is relative, and there is no page
   */
  start(): void {
    if (this.#state.name !== "idle" && this.#state.name !== "closed") return;
    void this.address;
    this.#stopListening = listenForWake((signal) => this.#onWake(signal));
    this.#failedAttempts = 0;
    this.#setState({ name: "connecting" });
    void this.#connect();
  }

  /** Ends the connection until it is started again. */
  close({ code, message }: ConnectionFault): void {
    if (this.#state.name === "closed") return;
    this.#drop();
    this.#diagnoses?.clear();
    this.#credentials.close();
    this.#stopListening?.();
    this.#setState({ name: "closed", reason: { code, message } });
  }

  wake(): void {
    this.#onWake("wake");
  }

  /** @param fresh a token that was just fetched */
  async #connect(fresh?: string): Promise<void> {
    const own = ++this.#attempt;
    this.#retryTimer = undefined;
    this.#byeMs = undefined;
    let token = fresh;
    let link: Link;
    try {
      token ??= await this.#freshToken();
      if (own !== this.#attempt) return;
      link = await this.#make(this.#choice.next(), token);
    } catch (error) {
      const fault = error as OvationError;
      // The application's own function may say that there is no token.
      if (own === this.#attempt) this.#failed(fault, isTokenCode(fault.code));
      return;
    }
    if (own !== this.#attempt) return;
    this.#link = link;
    try {
      link.start();
    } catch (error) {
      this.#choice.forbidden();
      // Not a network problem, so HTTP is tried at once, if `transport` allows it.
      if (this.#choice.next() !== link.via) void this.#connect(token);
      else this.#failed({ code: "unreachable", message: String(error) });
    }
  }

  async #make(via: Via, token: string | undefined): Promise<Link> {
    const handlers: LinkHandlers = {
      ...this.#handlers,
      onReady: (result) => {
        const use = () => this.#ready(link, token, result);
        // A WebSocket that may be cut again must last before it replaces a link that works.
        if (link !== this.#candidate || !this.#choice.areCut) use();
        else this.#upgradeTimer = setTimeout(use, this.#settings.healthyMs);
      },
      onEnd: (ending) => this.#ended(link, token, ending),
      onBye: ({ reconnectAfterMs }) => {
        // The candidate's `bye` doesn't concern the link in use.
        if (link !== this.#candidate) this.#byeMs = reconnectAfterMs;
      },
      onRefresh: () => {
        if (link === this.#link) this.#credentials.refresh();
      },
      onStale: (isStale) => this.#change(link, { isStale }),
      onReason: (reason) => this.#change(link, { reason }),
    };
    const link = await this.#choice.make(via, this.address, token, handlers);
    return link;
  }

  #ready(link: Link, token: string | undefined, { gateway, expiresInMs }: Result): void {
    if (link === this.#candidate) {
      this.#candidate = undefined;
      this.#drop();
    }
    this.#link = link;
    this.#isReady = true;
    this.#failedAttempts = 0;
    this.#wasConnected = true;
    this.#diagnoses?.clear();
    this.#choice.succeeded(link.via);
    if (link.via === "sse") this.#upgradeLater();
    this.#token = token;
    this.#credentials.accepted(expiresInMs);
    this.#everyMs = 0;
    this.#setPace();
    this.#isHealthy = false;
    this.#healthyTimer = setTimeout(() => this.#lasted(link), this.#settings.healthyMs);
    this.#handlers.onLink(link);
    // No reason if the application chose HTTP, or the platform has no WebSocket.
    const reason = this.#choice.mayUpgrade ? link.reason : undefined;
    this.#setState({ name: "connected", via: link.via, gateway, isStale: false, reason });
  }

  #lasted({ via }: Link): void {
    this.#isHealthy = true;
    this.#backoff.reset();
    if (via !== "websocket") return;
    this.#choice.lasted();
    // WebSockets work here: if this one is lost, they are tried again soon.
    this.#upgradeBackoff = this.#upgradesFrom(this.#settings.reconnectFirstMs);
  }

  #upgradesFrom(firstMs: number): Backoff {
    const { random, webSocketRetryMs } = this.#settings;
    return new Backoff(firstMs, webSocketRetryMs * MAX_UPGRADE_FACTOR, random);
  }

  /** Reports a change of the connection in use. */
  #change(
    link: Link,
    change: { readonly isStale: boolean } | { readonly reason: ConnectionFault },
  ): void {
    const state = this.#state;
    if (link !== this.#link || state.name !== "connected") return;
    if (!("isStale" in change) || state.isStale !== change.isStale) {
      this.#setState({ ...state, ...change });
    }
  }

  #ended(link: Link, token: string | undefined, ending: Ending): void {
    if (link === this.#candidate) {
      this.#candidate = undefined;
      return this.#upgradeLater();
    }
    const wasReady = this.#isReady;
    // A gateway that says when to reconnect was reached.
    if (this.#byeMs === undefined) {
      if (!wasReady) this.#choice.failed(link.via);
      else if (ending.isCut === true && (link.via === "sse" || !this.#isHealthy)) {
        this.#choice.cut(link.via);
      }
    }
    // The token may have expired in a cache, or while a laptop slept.
    const isFinal = isTokenCode(ending.code)
      ? this.#credentials.refused(wasReady ? this.#token : token)
      : !ending.again;
    this.#failed(ending, isFinal);
  }

  /** An attempt failed or the link ended: tries again later, unless that is useless. */
  #failed(fault: ConnectionFault, isFinal = false): void {
    if (isFinal) return this.close(fault);
    const { code } = fault;
    const { http } = this.address;
    const byeMs = this.#byeMs;
    const isOpaque = code === "unreachable" && byeMs === undefined;
    const known = isOpaque ? this.#diagnoses?.of(http) : undefined;
    if (!isTokenCode(code)) this.#addresses.next();
    this.#failedAttempts += 1;
    this.#retry(known ?? fault, byeMs ?? this.#backoff.nextMs());
    this.#byeMs = byeMs;
    if (isOpaque && (!this.#wasConnected || this.#failedAttempts >= PROVEN_ATTEMPTS)) {
      void this.#diagnose(http);
    }
  }

  /** Finds out why an attempt failed, and reports it during the wait for the next one. */
  async #diagnose(url: string): Promise<void> {
    const failedAt = performance.now();
    const { fetch, connectTimeoutMs } = this.#settings;
    // If the chunk can't be loaded, the next failed attempt tries again.
    const loaded = await loadOverHttp(connectTimeoutMs).catch(() => undefined);
    if (loaded === undefined) return;
    this.#diagnoses ??= new loaded.Diagnoses(fetch);
    const setState = (state: ConnectionState) => this.#setState(state);
    await this.#diagnoses.find(url, this.#wasConnected, failedAt, this, setState);
  }

  /** Closes the current link, and makes another after `waitMs`. */
  #retry({ code, message }: ConnectionFault, waitMs: number, token?: string): void {
    this.#drop();
    this.#retryTimer = setTimeout(() => void this.#connect(token), waitMs);
    const reason = { code, message };
    this.#setState({ name: "reconnecting", attempt: this.#failedAttempts, waitMs, reason });
  }

  /** Closes the current link or attempt, with its timers. */
  #drop(): void {
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#healthyTimer);
    clearTimeout(this.#upgradeTimer);
    this.#credentials.stop();
    this.#retryTimer = undefined;
    this.#byeMs = undefined;
    this.#candidate?.close();
    this.#candidate = undefined;
    this.#link?.close();
    this.#link = undefined;
    if (this.#isReady) this.#handlers.onUnlink();
    this.#isReady = false;
  }

  /** Tries a WebSocket after a while, while the HTTP link stays in use. */
  #upgradeLater(): void {
    if (!this.#choice.mayUpgrade) return;
    clearTimeout(this.#upgradeTimer);
    this.#upgradeTimer = setTimeout(() => void this.#upgrade(), this.#upgradeBackoff.nextMs());
  }

  async #upgrade(): Promise<void> {
    const own = this.#attempt;
    try {
      const token = await this.#freshToken();
      if (own !== this.#attempt) return;
      const candidate = await this.#make("websocket", token);
      if (own !== this.#attempt) return;
      this.#candidate = candidate;
      candidate.start();
    } catch {
      // Not reported: the link in use still works.
      if (own === this.#attempt) this.#upgradeLater();
    }
  }

  #freshToken(): Promise<string | undefined> {
    return this.#credentials.fetch(this.#settings.connectTimeoutMs);
  }

  /** Sends the gateway a fresh token. If the gateway can't use it here, reconnects with it. */
  async #refresh(): Promise<void> {
    const own = this.#attempt;
    const link = this.#link;
    let token: string | undefined;
    try {
      token = await this.#freshToken();
    } catch (error) {
      if (own !== this.#attempt) return;
      const fault = error as OvationError;
      if (isTokenCode(fault.code)) return this.#failed(fault, true);
      this.#handlers.onError(fault);
      return this.#credentials.postpone();
    }
    if (own !== this.#attempt || link === undefined || token === undefined) return;
    // From a cache, for example.
    if (token === this.#token) return this.#credentials.postpone();
    link.refresh(token, (answer) => {
      if (answer.op === "result") {
        this.#token = token;
        this.#credentials.accepted(answer.expiresInMs);
        this.#handlers.onToken();
      } else if (isTokenCode(answer.code) && link.via === "websocket") {
        this.#failed(answer, this.#credentials.refused(token));
      }
      // The old token stays in use.
      else if (isTokenCode(answer.code) || isRetryable(answer.code)) this.#credentials.postpone();
      else this.#retry({ code: "refresh", message: "a fresh token is used" }, 0, token);
    });
  }

  /** Asks for slower frames while nobody sees the page; a gateway that can't ignores it. */
  #setPace(): void {
    const everyMs = wantedPaceMs();
    if (!this.#isReady || everyMs === this.#everyMs || !this.#settings.slowsDown) return;
    this.#everyMs = everyMs;
    this.#link?.request?.("pace", { everyMs });
  }

  #onWake(signal: WakeSignal): void {
    this.#setPace();
    if (signal === "visibilitychange" && wantedPaceMs() === HIDDEN_PACE_MS) return;
    if (signal === "pagehide") {
      // Browsers don't keep a page with an open connection for the back button.
      const reason = { code: "connection_lost", message: "the page was left" };
      this.#retry(reason, this.#settings.reconnectMaxMs);
    } else if (this.#isReady) this.#link?.check(DOUBT_MS);
    // If the gateway asked us to wait, we wait.
    else if (signal !== "offline" && this.#retryTimer !== undefined && this.#byeMs === undefined) {
      clearTimeout(this.#retryTimer);
      this.#backoff.reset();
      void this.#connect();
    }
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.onState(state);
  }
}
