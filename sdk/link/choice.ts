/** Chooses how to connect, and makes the link: over a WebSocket, or over HTTP. */
import type { Address } from "../addresses.ts";
import { loadOverHttp } from "../load-chunk.ts";
import type { Settings } from "../settings.ts";
import type { Via } from "../state.ts";
import type { Link, LinkHandlers } from "./link.ts";
import { WebSocketLink } from "./websocket.ts";

/** How many WebSockets may fail in a row before HTTP is tried. */
const SOCKET_TRIES = 2;
/** The same after one has worked: then a gateway that is down or refuses is the likelier reason. */
const PROVEN_SOCKET_TRIES = 5;

/** How many WebSockets may be cut soon after they opened before HTTP is tried; and streams, before polls. */
const SHORT_LIVES = 3;

export class LinkChoice {
  readonly #settings: Settings;
  #failedSockets = 0;
  #socketTries = SOCKET_TRIES;
  #shortLives = 0;
  #cutStreams = 0;
  #hasSockets: boolean;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#hasSockets = settings.WebSocket !== undefined;
  }

  /** Whether to try a WebSocket while an HTTP link is in use. */
  get mayUpgrade(): boolean {
    return this.#hasSockets && this.#settings.transport === "auto";
  }

  /** How to connect next. */
  next(): Via {
    const { transport } = this.#settings;
    if (transport !== "auto") return transport;
    const isLikely = this.#failedSockets < this.#socketTries && !this.areCut;
    return this.#hasSockets && isLikely ? "websocket" : "sse";
  }

  /** Whether WebSockets are cut here, so that one must last before it is used. */
  get areCut(): boolean {
    return this.#shortLives >= SHORT_LIVES;
  }

  /** @throws OvationError `chunk_unavailable` */
  async make(
    via: Via,
    { http, webSocket }: Address,
    token: string | undefined,
    handlers: LinkHandlers,
  ): Promise<Link> {
    const settings = this.#settings;
    const { WebSocket } = settings;
    if (via === "websocket" && WebSocket !== undefined) {
      return new WebSocketLink({ ...settings, url: webSocket, token, WebSocket }, handlers);
    }
    try {
      const { EventStreamsLink } = await loadOverHttp(settings.connectTimeoutMs);
      const isBuffered = this.#cutStreams >= SHORT_LIVES;
      return new EventStreamsLink({ ...settings, url: http, token, isBuffered }, handlers);
    } catch (error) {
      this.failed(via);
      throw error;
    }
  }

  /** A link became ready. */
  succeeded(via: Via): void {
    if (via !== "websocket") return;
    this.#failedSockets = 0;
    this.#cutStreams = 0;
    this.#socketTries = PROVEN_SOCKET_TRIES;
  }

  /** A WebSocket has lasted for `healthyMs`. */
  lasted(): void {
    this.#shortLives = 0;
  }

  /** A link ended sooner, and no gateway said why. */
  cut(via: Via): void {
    if (via === "websocket") this.#shortLives += 1;
    else this.#cutStreams += 1;
  }

  /** An attempt failed before the link was ready. */
  failed(via: Via): void {
    if (via !== "websocket") this.#shortLives = Math.min(this.#shortLives, SHORT_LIVES - 1);
    // If HTTP fails too, the reason is another: the next attempt uses a WebSocket again.
    this.#failedSockets = via === "websocket" ? this.#failedSockets + 1 : this.#socketTries - 1;
  }

  /** The WebSocket constructor throws, for example because this page isn't allowed to open one. */
  forbidden(): void {
    this.#hasSockets = false;
  }
}
