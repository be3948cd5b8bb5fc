/** Where viewers and backends come in: the listener, and all connections that it has open. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { GatewayConfig } from "../shared/config/settings.ts";
import { SUBPROTOCOLS, type Subprotocol } from "../shared/wire/messages.ts";
import { checkHandshake } from "./handshake.ts";
import { type EventStream, eventsOverHttp } from "./http/events.ts";
import { historyOverHttp } from "./http/history.ts";
import { PageFiles } from "./http/page-files.ts";
import { publishOverHttp } from "./http/publish.ts";
import { retractOverHttp } from "./http/retract.ts";
import { Router } from "./http/router.ts";
import { Listener, type SocketHandlers, type ViewerSocket } from "./listener.ts";
import type { GatewayServices } from "./services.ts";
import { Session } from "./session.ts";

/** Viewers that are sent away come back at a random moment within this time. */
const RECONNECT_SPREAD_MS = 5_000;
/** Connections that are sent away in one turn of the event loop. */
const DISMISSED_PER_TURN = 250;

export class Doors {
  readonly #listener: Listener;
  readonly #router: Router;
  readonly #page: PageFiles;
  readonly #services: GatewayServices;
  readonly #config: GatewayConfig;
  readonly #sessions = new Set<Session>();
  readonly #streams = new Set<EventStream>();
  /** One for all sessions, since there are so many of them. */
  readonly #onSessionEnd = (session: Session): void => {
    const { connections } = this.#services;
    connections.webSockets -= 1;
    connections.closed += 1;
    this.#sessions.delete(session);
    this.#tellIfEmpty();
  };
  #whenEmpty: PromiseWithResolvers<void> | undefined;

  constructor(services: GatewayServices, config: GatewayConfig) {
    this.#services = services;
    this.#config = config;
    const { sseKeepaliveMs: keepaliveMs, bodyLimitBytes } = config;
    this.#page = new PageFiles(config.pageDir);
    const routes = {
      events: {
        GET: eventsOverHttp({ services, keepaliveMs, streams: this.#streams }),
        POST: publishOverHttp(services, bodyLimitBytes),
      },
      event: { DELETE: retractOverHttp(services) },
      history: { GET: historyOverHttp(services) },
    };
    this.#router = new Router(services, routes, this.#page);
    this.#listener = new Listener({
      host: config.host,
      port: config.port,
      sharePort: config.sharePort,
      messageLimitBytes: config.messageLimitBytes,
      bufferLimitBytes: config.viewerBufferBytes,
      idleTimeoutMs: config.idleTimeoutMs,
      checkHandshake,
      onSocket: (socket, subprotocol) => this.#openSession(socket, subprotocol),
      onRequest: (exchange) => this.#router.route(exchange),
      onRefused: (exchange, error) => this.#router.refuse(exchange, error),
    });
  }

  /** @returns the port that viewers connect to */
  async start(): Promise<number> {
    await this.#page.start();
    return await this.#listener.start();
  }

  /** Takes nobody new, tells every viewer when to come back, and answers what is under way. */
  async drain(): Promise<void> {
    this.#listener.stopListening();
    const leaving = [...this.#sessions, ...this.#streams];
    for (const [index, viewer] of leaving.entries()) {
      viewer.dismiss(Math.round(Math.random() * RECONNECT_SPREAD_MS));
      if (index % DISMISSED_PER_TURN === 0) await nextTurn();
    }
    await this.#router.settled();
    this.#whenEmpty = Promise.withResolvers();
    this.#tellIfEmpty();
    await this.#whenEmpty.promise;
  }

  /** Closes every connection at once. */
  stop(): void {
    for (const stream of [...this.#streams]) stream.end();
    this.#listener.stop();
  }

  #openSession(socket: ViewerSocket, subprotocol: Subprotocol): SocketHandlers {
    const { connections } = this.#services;
    const wire = SUBPROTOCOLS[subprotocol];
    const session = new Session(socket, wire, this.#services, this.#config, this.#onSessionEnd);
    this.#sessions.add(session);
    connections.webSockets += 1;
    connections.opened += 1;
    return session;
  }

  #tellIfEmpty(): void {
    if (this.#sessions.size === 0) this.#whenEmpty?.resolve();
  }
}
