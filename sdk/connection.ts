/**
 * Keeps one link to a gateway: makes it, looks after it, and makes another when it ends, over a
 * WebSocket or without one.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import { type Address, Addresses } from "./addresses.ts";
import { Credentials } from "./credentials.ts";
import { isPassing, isTokenCode, type OvationError } from "./error.ts";
import { LinkChoice } from "./link/choice.ts";
import type { Ending, Link, LinkHandlers, PushHandlers, Result } from "./link/link.ts";
import { loadOverHttp } from "./load-over-http.ts";
import type { Diagnoses } from "./over-http/diagnosis.ts";
import type { Settings } from "./settings.ts";
import type { ConnectionFault, ConnectionState, Via } from "./state.ts";
import { listenForWake, type WakeSignal } from "./wake.ts";

export interface ConnectionHandlers
  extends Pick<PushHandlers, "onEvents" | "onReset" | "onUnsubscribed"> {
  /** Requests can be sent over this link. */
  onLink(link: Link): void;
  /** The link goes on with a fresh token, which may allow other things. */
  onToken(): void;
  /** They can't any more; what wasn't answered never will be. */
  onUnlink(): void;
  onState(state: ConnectionState): void;
  /** Something went wrong that changes no state. */
  onError(error: OvationError): void;
}

/** The wait for a sign of life when there is a reason to doubt the connection. */
const DOUBT_MS = 5_000;
/** How often the time until a WebSocket is tried again may double. */
const MAX_UPGRADE_FACTOR = 20;
/** Who was connected before finds out only then why it isn't: a gateway's restart is the likely cause. */
const PROVEN_TRIES = 2;

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Connection {
  readonly #settings: Settings;
  readonly #handlers: ConnectionHandlers;
  readonly #addresses: Addresses;
  readonly #choice: LinkChoice;
  /** There are some once something was to be found out. */
  #diagnoses: Diagnoses | undefined;
  readonly #credentials: Credentials;
  readonly #backoff: Backoff;
  #upgradeBackoff: Backoff;
  #state: ConnectionState = { name: "idle" };
  /** The link in use or being made. */
  #link: Link | undefined;
  #isReady = false;
  /** Whether it has held for long enough. */
  #isHealthy = false;
  #token: string | undefined;
  /** A WebSocket that is tried while there is a link without one. */
  #candidate: Link | undefined;
  /** Changes with every try and every end, so that what a try waited for is known to be late. */
  #try = 0;
  #failedTries = 0;
  #wasConnected = false;
  /** How long the gateway wants us to stay away. */
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

  /** The gateway in use, or that is tried. */
  get address(): Address {
    return this.#addresses.current;
  }

  /** The token in use, or a fresh one while there is none. */
  async token(): Promise<string | undefined> {
    return this.#isReady ? this.#token : await this.#freshToken();
  }

  /**
   * Connects, unless that is under way or done.
   * @throws TypeError when the address is relative, and there is no page
   */
  start(): void {
    if (this.#state.name !== "idle" && this.#state.name !== "closed") return;
    void this.address;
    this.#stopListening = listenForWake((signal) => this.#onWake(signal));
    this.#failedTries = 0;
    this.#setState({ name: "connecting" });
    void this.#connect();
  }

  /** Ends the connection for good, or until it is started again. */
  close({ code, message }: ConnectionFault): void {
    if (this.#state.name === "closed") return;
    this.#drop();
    this.#diagnoses?.clear();
    this.#credentials.close();
    this.#stopListening?.();
    this.#setState({ name: "closed", reason: { code, message } });
  }

  /** @param fresh a token that was fetched just now */
  async #connect(fresh?: string): Promise<void> {
    const own = ++this.#try;
    this.#retryTimer = undefined;
    this.#byeMs = undefined;
    let token = fresh;
    let link: Link;
    try {
      token ??= await this.#freshToken();
      if (own !== this.#try) return;
      link = await this.#make(this.#choice.next(), token);
    } catch (error) {
      const fault = error as OvationError;
      // The application itself may say that there is no token.
      if (own === this.#try) this.#failed(fault, isTokenCode(fault.code));
      return;
    }
    if (own !== this.#try) return;
    this.#link = link;
    try {
      link.start();
    } catch (error) {
      this.#choice.forbidden();
      // Not a matter of the network, so that it is tried without one at once, if it may be.
      if (this.#choice.next() !== link.via) void this.#connect(token);
      else this.#failed({ code: "unreachable", message: String(error) });
    }
  }

  async #make(via: Via, token: string | undefined): Promise<Link> {
    const handlers: LinkHandlers = {
      ...this.#handlers,
      onReady: (result) => {
        const use = () => this.#ready(link, token, result);
        // What works is not given up for what may be cut again.
        if (link !== this.#candidate || !this.#choice.areCut) use();
        else this.#upgradeTimer = setTimeout(use, this.#settings.healthyMs);
      },
      onEnd: (ending) => this.#ended(link, token, ending),
      onBye: ({ reconnectAfterMs }) => {
        // What the other link was told is no matter while there is one.
        if (link !== this.#candidate) this.#byeMs = reconnectAfterMs;
      },
      onRefresh: () => {
        if (link === this.#link) this.#credentials.due();
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
    this.#failedTries = 0;
    this.#wasConnected = true;
    this.#diagnoses?.clear();
    this.#choice.succeeded(link.via);
    if (link.via === "sse") this.#upgradeLater();
    this.#token = token;
    this.#credentials.accepted(expiresInMs);
    this.#isHealthy = false;
    this.#healthyTimer = setTimeout(() => this.#lasted(link), this.#settings.healthyMs);
    this.#handlers.onLink(link);
    // None, where the application wants no WebSocket, or the platform has none.
    const reason = this.#choice.mayUpgrade ? link.reason : undefined;
    this.#setState({ name: "connected", via: link.via, gateway, isStale: false, reason });
  }

  #lasted({ via }: Link): void {
    this.#isHealthy = true;
    this.#backoff.reset();
    if (via !== "websocket") return;
    this.#choice.lasted();
    // Should it be lost, it was hardly for a lack of WebSockets: they are tried again soon.
    this.#upgradeBackoff = this.#upgradesFrom(this.#settings.reconnectFirstMs);
  }

  #upgradesFrom(firstMs: number): Backoff {
    const { random, webSocketRetryMs } = this.#settings;
    return new Backoff(firstMs, webSocketRetryMs * MAX_UPGRADE_FACTOR, random);
  }

  /** Says what is new of the connection that there is. */
  #change(
    link: Link,
    news: { readonly isStale: boolean } | { readonly reason: ConnectionFault },
  ): void {
    const state = this.#state;
    if (link !== this.#link || state.name !== "connected") return;
    if (!("isStale" in news) || state.isStale !== news.isStale) {
      this.#setState({ ...state, ...news });
    }
  }

  #ended(link: Link, token: string | undefined, ending: Ending): void {
    if (link === this.#candidate) {
      this.#candidate = undefined;
      return this.#upgradeLater();
    }
    const wasReady = this.#isReady;
    // A gateway that says when to come back was reached.
    if (this.#byeMs === undefined) {
      if (!wasReady) this.#choice.failed(link.via);
      else if (ending.isCut === true && (link.via === "sse" || !this.#isHealthy)) {
        this.#choice.cut(link.via);
      }
    }
    // It may have been an old one, of a cache or of a laptop that slept.
    const isFinal = isTokenCode(ending.code)
      ? this.#credentials.refused(wasReady ? this.#token : token)
      : !ending.again;
    this.#failed(ending, isFinal);
  }

  /** There is no link, and there should be: tries again later, unless that is no use. */
  #failed(fault: ConnectionFault, isFinal = false): void {
    if (isFinal) return this.close(fault);
    const { code } = fault;
    const { http } = this.address;
    const byeMs = this.#byeMs;
    const isOpaque = code === "unreachable" && byeMs === undefined;
    const known = isOpaque ? this.#diagnoses?.of(http) : undefined;
    if (!isTokenCode(code)) this.#addresses.next();
    this.#failedTries += 1;
    this.#retry(known ?? fault, byeMs ?? this.#backoff.nextMs());
    this.#byeMs = byeMs;
    if (isOpaque && (!this.#wasConnected || this.#failedTries >= PROVEN_TRIES)) {
      void this.#diagnose(http);
    }
  }

  /** Finds out more than a failed try has told, and says so while the next one is waited for. */
  async #diagnose(url: string): Promise<void> {
    const failedAt = performance.now();
    const { fetch, connectTimeoutMs } = this.#settings;
    // What can't be loaded now is asked for again after the next try.
    const loaded = await loadOverHttp(connectTimeoutMs).catch(() => undefined);
    if (loaded === undefined || this.#state.name !== "reconnecting") return;
    this.#diagnoses ??= new loaded.Diagnoses(fetch);
    await this.#diagnoses.find(url, this.#wasConnected, (reason) => {
      const state = this.#state;
      if (state.name !== "reconnecting") return;
      const waitMs = Math.max(0, state.waitMs - (performance.now() - failedAt));
      this.#setState({ ...state, waitMs, reason });
    });
  }

  /** Lets the present link go, and makes another one after a time. */
  #retry({ code, message }: ConnectionFault, waitMs: number, token?: string): void {
    this.#drop();
    this.#retryTimer = setTimeout(() => void this.#connect(token), waitMs);
    const reason = { code, message };
    this.#setState({ name: "reconnecting", attempt: this.#failedTries, waitMs, reason });
  }

  /** Lets go of all that belongs to the present link or try. */
  #drop(): void {
    this.#try += 1;
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

  /** After a while, tries a WebSocket beside the link without one. */
  #upgradeLater(): void {
    if (!this.#choice.mayUpgrade) return;
    clearTimeout(this.#upgradeTimer);
    this.#upgradeTimer = setTimeout(() => void this.#upgrade(), this.#upgradeBackoff.nextMs());
  }

  async #upgrade(): Promise<void> {
    const own = this.#try;
    try {
      const token = await this.#freshToken();
      if (own !== this.#try) return;
      const candidate = await this.#make("websocket", token);
      if (own !== this.#try) return;
      this.#candidate = candidate;
      candidate.start();
    } catch {
      // What goes wrong here is no matter while the other link is there.
      if (own === this.#try) this.#upgradeLater();
    }
  }

  #freshToken(): Promise<string | undefined> {
    return this.#credentials.fetch(this.#settings.connectTimeoutMs);
  }

  /** Gives the gateway a fresh token; one that can't take it gets a new connection with it. */
  async #refresh(): Promise<void> {
    const own = this.#try;
    const link = this.#link;
    let token: string | undefined;
    try {
      token = await this.#freshToken();
    } catch (error) {
      if (own !== this.#try) return;
      const fault = error as OvationError;
      if (isTokenCode(fault.code)) return this.#failed(fault, true);
      this.#handlers.onError(fault);
      return this.#credentials.postpone();
    }
    if (own !== this.#try || link === undefined || token === undefined) return;
    // One of a cache, say.
    if (token === this.#token) return this.#credentials.postpone();
    link.refresh(token, (answer) => {
      if (answer.op === "result") {
        this.#token = token;
        this.#credentials.accepted(answer.expiresInMs);
        this.#handlers.onToken();
      } else if (isTokenCode(answer.code) && link.via === "websocket") {
        this.#failed(answer, this.#credentials.refused(token));
      }
      // The old one counts on.
      else if (isTokenCode(answer.code) || isPassing(answer.code)) this.#credentials.postpone();
      else this.#retry({ code: "refresh", message: "a fresh token is used" }, 0, token);
    });
  }

  #onWake(signal: WakeSignal): void {
    if (signal === "leave") {
      // A page that holds a connection is not kept for the back button.
      const reason = { code: "connection_lost", message: "the page was left" };
      this.#retry(reason, this.#settings.reconnectMaxMs);
    } else if (this.#isReady) this.#link?.check(DOUBT_MS);
    // Who was asked to stay away for a time does so.
    else if (signal === "wake" && this.#retryTimer !== undefined && this.#byeMs === undefined) {
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
