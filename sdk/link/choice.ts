/** Chooses how to connect, and makes the link: over a WebSocket, or without one. */
import type { Address } from "../addresses.ts";
import { loadOverHttp } from "../load-over-http.ts";
import type { Settings } from "../settings.ts";
import type { Via } from "../state.ts";
import type { Link, LinkHandlers } from "./link.ts";
import { WebSocketLink } from "./websocket.ts";

/** WebSockets that fail in a row, before it is tried without one. */
const SOCKET_TRIES = 2;
/** Where there was one, the reason is more likely to be a gateway that is gone, or lets nobody in. */
const PROVEN_SOCKET_TRIES = 5;

/** WebSockets in a row that were opened and soon cut, before it is tried without; streams, before polls. */
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

  /** Whether a WebSocket is worth a try beside a link without one. */
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

  /** Whether a WebSocket must show first that it lasts. */
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

  /** A link was had. */
  succeeded(via: Via): void {
    if (via !== "websocket") return;
    this.#failedSockets = 0;
    this.#cutStreams = 0;
    this.#socketTries = PROVEN_SOCKET_TRIES;
  }

  /** A WebSocket has held for long enough. */
  lasted(): void {
    this.#shortLives = 0;
  }

  /** A link hasn't, and no gateway said why. */
  cut(via: Via): void {
    if (via === "websocket") this.#shortLives += 1;
    else this.#cutStreams += 1;
  }

  /** A try failed before there was a link. */
  failed(via: Via): void {
    if (via !== "websocket") this.#shortLives = Math.min(this.#shortLives, SHORT_LIVES - 1);
    // Where it fails without one too, the reason is another: the next try is with one again.
    this.#failedSockets = via === "websocket" ? this.#failedSockets + 1 : this.#socketTries - 1;
  }

  /** The constructor of WebSockets throws: where this page isn't allowed to open one, say. */
  forbidden(): void {
    this.#hasSockets = false;
  }
}
