/** Where viewers and backends connect: the listener and all of its open connections. */
import { setTimeout as wait } from "node:timers/promises";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { closeCodes } from "../../shared/protocol/close-codes.ts";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { SUBPROTOCOLS } from "../../shared/protocol/wire/messages.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Grant } from "../auth/grant.ts";
import type { Pace } from "../drain/pace.ts";
import { ViewerDrainer } from "../drain/viewer-drainer.ts";
import { countRefused } from "../limits/connection-stats.ts";
import { CertificateKeeper } from "../transport/certificate.ts";
import { checkHandshake } from "../transport/handshake.ts";
import {
  Listener,
  type Opening,
  type SocketHandlers,
  type ViewerSocket,
} from "../transport/listener.ts";
import type { OpenConnections } from "../transport/open-connections.ts";
import { banOverHttp, bansOverHttp } from "./http/bans.ts";
import { ClientFiles } from "./http/client-files.ts";
import { endVideoOverHttp } from "./http/end-video.ts";
import { eraseActorOverHttp } from "./http/erase-actor.ts";
import { eraseVideoOverHttp } from "./http/erase-video.ts";
import type { EventStream } from "./http/event-stream.ts";
import { eventsOverHttp } from "./http/events.ts";
import { historyOverHttp } from "./http/history.ts";
import { moderationOverHttp } from "./http/moderation.ts";
import { openApiOverHttp } from "./http/openapi.ts";
import { PageFiles } from "./http/page-files.ts";
import { pinOverHttp, unpinOverHttp } from "./http/pin.ts";
import { pingOverHttp } from "./http/ping.ts";
import { publishOverHttp } from "./http/publish.ts";
import { putPollOverHttp } from "./http/put-poll.ts";
import { putRulesOverHttp } from "./http/put-rules.ts";
import { retractOverHttp } from "./http/retract.ts";
import { retractActorOverHttp } from "./http/retract-actor.ts";
import { Router } from "./http/router.ts";
import { setTotalsOverHttp } from "./http/set-totals.ts";
import { ticketsOverHttp } from "./http/tickets.ts";
import { timelineOverHttp } from "./http/timeline.ts";
import { videoOverHttp, videosOverHttp } from "./http/videos.ts";
import { type GatewayServices, recordFailure } from "./services.ts";
import { Session } from "./session.ts";

/** Fractions of the drain time: when the last viewer is dismissed, and when all are closed. */
const DISMISSED_BY = 0.8;
const CLOSED_BY = 0.9;

export class Hub {
  /** Undefined without TLS. */
  readonly certificate: CertificateKeeper | undefined;
  readonly #listener: Listener;
  readonly #router: Router;
  readonly #page: PageFiles;
  readonly #client: ClientFiles;
  readonly #services: GatewayServices;
  readonly #config: GatewayConfig;
  readonly #sessions = new Set<Session>();
  readonly #streams = new Set<EventStream>();
  /** One function for all sessions, since there are so many of them. */
  readonly #onSessionEnd = (session: Session): void => {
    const { connections, admission } = this.#services;
    connections.webSockets -= 1;
    connections.closed += 1;
    admission.left(session.address, "socket");
    this.#sessions.delete(session);
    this.#resolveIfEmpty();
  };
  #whenEmpty: PromiseWithResolvers<void> | undefined;
  /** Dismisses the viewers when the gateway drains. */
  #viewerDrainer: ViewerDrainer | undefined;

  constructor(services: GatewayServices, config: GatewayConfig) {
    this.#services = services;
    this.#config = config;
    const { sseKeepaliveMs: keepaliveMs } = config;
    const { admission } = services;
    this.#page = new PageFiles(config.pageDir, config.pagePolicy);
    this.#client = new ClientFiles(config.clientDir);
    const routes = {
      videos: { GET: videosOverHttp(services) },
      video: { GET: videoOverHttp(services), DELETE: eraseVideoOverHttp(services, config) },
      actor: { DELETE: eraseActorOverHttp(services) },
      events: {
        GET: eventsOverHttp({
          services,
          keepaliveMs,
          refreshGraceMs: config.authRefreshGraceMs,
          streams: this.#streams,
        }),
        POST: publishOverHttp(services, config),
        DELETE: retractActorOverHttp(services, config),
      },
      event: { DELETE: retractOverHttp(services) },
      history: { GET: historyOverHttp(services) },
      end: { PUT: endVideoOverHttp(services, config) },
      totals: { PUT: setTotalsOverHttp(services, config) },
      timeline: { GET: timelineOverHttp(services) },
      poll: { PUT: putPollOverHttp(services, config) },
      rules: { PUT: putRulesOverHttp(services, config) },
      pin: { PUT: pinOverHttp(services, config), DELETE: unpinOverHttp(services, config) },
      bans: { GET: bansOverHttp(services, "bans") },
      ban: banOverHttp(services, config, "ban"),
      moderation: { GET: moderationOverHttp(services, "moderation") },
      bansEverywhere: { GET: bansOverHttp(services, "bansEverywhere") },
      banEverywhere: banOverHttp(services, config, "banEverywhere"),
      moderationEverywhere: { GET: moderationOverHttp(services, "moderationEverywhere") },
      ping: { GET: pingOverHttp(services) },
      tickets: { POST: ticketsOverHttp(services) },
      openapi: { GET: openApiOverHttp() },
    };
    this.#router = new Router(services, routes, { page: this.#page, client: this.#client });
    this.#listener = new Listener({
      host: config.host,
      port: config.port,
      sharePort: config.sharePort,
      basePath: config.basePath,
      headLimitBytes: config.headLimitBytes,
      messageLimitBytes: config.messageLimitBytes,
      bufferLimitBytes: config.viewerBufferBytes,
      idleTimeoutMs: config.idleTimeoutMs,
      pingIntervalMs: config.pingIntervalMs,
      connections: {
        total: admission.room.total,
        othersPerAddress: admission.room.othersPerAddress,
        addressOf: (peer) => admission.peerOf(peer),
      },
      checkHandshake,
      admit: (visitor) => {
        // First, so that a viewer refused here doesn't use up the accept rate.
        services.natsOutage.admit();
        return admission.admitSocket(visitor);
      },
      onSocket: (...opening) => this.#openSession(...opening),
      onRequest: (exchange) => this.#router.route(exchange),
      onRefused: (exchange, error) => this.#router.refuseHandshake(exchange, error),
      onFault: (error, wire) => recordFailure(services, wire, error),
    });
    const { tlsCertFile: certFile, tlsKeyFile: keyFile } = config;
    if (certFile === undefined || keyFile === undefined) return;
    this.certificate = new CertificateKeeper({
      files: { certFile, keyFile },
      log: services.log,
      wallClock: Date.now,
      use: (files) => this.#listener.useCertificate(files),
    });
  }

  /** @returns the port that viewers connect to */
  async start(): Promise<number> {
    await Promise.all([this.#page.start(), this.#client.start()]);
    await this.#listener.load();
    this.certificate?.start();
    return await this.#listener.start();
  }

  /** Every connected viewer. */
  viewers(): readonly (Session | EventStream)[] {
    return [...this.#sessions, ...this.#streams];
  }

  /** Disconnects viewers whose credentials are not valid by now, and gives the others what they allow. */
  renewGrants(renewed: (grant: Grant) => Grant | undefined): void {
    for (const viewer of this.viewers()) viewer.renewGrant(renewed);
  }

  /** Every TCP connection, of viewers and others. */
  get openConnections(): Pick<OpenConnections, "size" | "refused"> {
    return this.#listener.connections;
  }

  /** Viewers dismissed so far. */
  get dismissed(): number {
    return this.#viewerDrainer?.stats.dismissed ?? 0;
  }

  /** The pace at which viewers are dismissed, in viewers per second; 0 before a drain. */
  get departuresPerSecond(): number {
    return this.#viewerDrainer?.stats.perSecond ?? 0;
  }

  /**
   * Accepts no new viewers, dismisses each viewer at its own time, and answers the requests under
   * way, all within the drain time.
   * @param samplePace reads which gateways accept the viewers, and how fast
   */
  async drain(samplePace: () => Promise<Pace>): Promise<void> {
    const { drainMs } = this.#config;
    const { admission, log } = this.#services;
    const begun = monotonicNow();
    this.#listener.stopListening();
    // A connection that is open already may still ask for a WebSocket, or for a stream.
    admission.acceptRate.end();
    this.#router.drain();
    const viewerDrainer = new ViewerDrainer({
      windowMs: DISMISSED_BY * drainMs,
      samplePace,
      now: monotonicNow,
      random: Math.random,
      log,
    });
    this.#viewerDrainer = viewerDrainer;
    await viewerDrainer.send(this.viewers());
    const leftMs = Math.max(0, begun + CLOSED_BY * drainMs - monotonicNow());
    const timeout = new AbortController();
    await Promise.race([
      this.#emptied(),
      wait(leftMs, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
    for (const session of [...this.#sessions]) session.end();
  }

  /** Closes every connection at once. */
  stop(): void {
    this.certificate?.stop();
    for (const stream of [...this.#streams]) stream.end();
    this.#listener.stop();
  }

  #openSession(socket: ViewerSocket, opening: Opening): SocketHandlers | undefined {
    const { connections, admission } = this.#services;
    const { subprotocol, address, authorization, reconnectAfterMs } = opening;
    const wire = SUBPROTOCOLS[subprotocol];
    if (reconnectAfterMs !== undefined) {
      countRefused(connections, "websocket", "overloaded");
      socket.send(encode(wire, { op: "bye", reconnectAfterMs }), wire === "msgpack");
      socket.end(closeCodes.full);
      return undefined;
    }
    const session = new Session(socket, {
      wire,
      authorization,
      address,
      services: this.#services,
      limits: this.#config,
      onEnd: this.#onSessionEnd,
    });
    session.start();
    this.#sessions.add(session);
    connections.webSockets += 1;
    connections.opened += 1;
    admission.entered(address, "socket");
    return session;
  }

  /** Resolves when all requests under way are answered and no viewer is left. */
  async #emptied(): Promise<void> {
    await this.#router.settled();
    this.#whenEmpty = Promise.withResolvers();
    this.#resolveIfEmpty();
    await this.#whenEmpty.promise;
  }

  #resolveIfEmpty(): void {
    if (this.#sessions.size === 0) this.#whenEmpty?.resolve();
  }
}
