/**
 * Health and metrics, on a port of their own that viewers can't reach.
 * `/healthz`: the process is alive. `/readyz`: it can do its work. `/metrics`: Prometheus text,
 * or OpenMetrics with exemplars.
 * `/log-level`: what is logged; `PUT /log-level/debug` changes it.
 * `/settings`: those in effect, without secrets.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { isLogLevel, LOG_LEVELS } from "../config/log-levels.ts";
import { listenHosts } from "./listen-hosts.ts";
import { type Log, setLevel } from "./log.ts";
import { OPENMETRICS, openMetricsPage, wantsOpenMetrics } from "./open-metrics.ts";

/** The state of one condition: a fault means not ready; with a warning the process still works. */
export interface Condition {
  readonly name: string;
  readonly fault?: string | undefined;
  readonly warning?: string | undefined;
}

interface OpsOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  readonly log: Log;
  /** All conditions of readiness, evaluated at each request. */
  readonly conditions: () => readonly Condition[];
  /** What `/settings` answers; no secret may be in it. */
  readonly settings: () => unknown;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const LOG_LEVEL_PREFIX = "/log-level/";
/** Probes and scrapers are few; a further connection is closed at once. */
const CONNECTIONS_LIMIT = 100;

export class OpsServer {
  readonly #options: OpsOptions;
  readonly #server: Server;

  constructor(options: OpsOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /**
   * Listens, for a bounded number of connections: each takes an open file from viewers.
   * @returns the port, in case 0 was configured
   */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    this.#server.maxConnections = CONNECTIONS_LIMIT;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, listenHosts(host)[0], resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "" } = request;
    const { accept } = request.headers;
    const path = url.split("?")[0] ?? "";
    if (method === "PUT" && path.startsWith(LOG_LEVEL_PREFIX)) {
      return this.#setLevel(path.slice(LOG_LEVEL_PREFIX.length), response);
    }
    if (method !== "GET" && method !== "HEAD") return sendJson(response, 405, { status: "error" });
    switch (path) {
      case "/log-level":
        return sendJson(response, 200, { level: this.#options.log.level });
      case "/healthz":
        return sendJson(response, 200, { status: "ok" });
      case "/readyz":
        return this.#answerReady(response);
      case "/settings":
        return sendJson(response, 200, this.#options.settings());
      case "/metrics":
        return await this.#answerMetrics(accept, response);
      default:
        return sendJson(response, 404, { status: "error" });
    }
  }

  /** In Prometheus's own format, or in that of OpenMetrics where the scraper asks for it. */
  async #answerMetrics(accept: string | undefined, response: ServerResponse): Promise<void> {
    const { registry } = this.#options;
    const isOpen = wantsOpenMetrics(accept);
    const page = isOpen ? await openMetricsPage(registry) : await registry.metrics();
    response.writeHead(200, { "content-type": isOpen ? OPENMETRICS : registry.contentType });
    response.end(page);
  }

  #setLevel(level: string, response: ServerResponse): void {
    if (!isLogLevel(level)) {
      const message = `the level must be one of ${LOG_LEVELS.join(", ")}`;
      return sendJson(response, 400, { status: "error", message });
    }
    setLevel(this.#options.log, level, "the ops port");
    sendJson(response, 200, { level });
  }

  #answerReady(response: ServerResponse): void {
    const conditions = this.#options.conditions();
    const isReady = conditions.every(({ fault }) => fault === undefined);
    const isHealthy = conditions.every(({ warning }) => warning === undefined);
    sendJson(response, isReady ? 200 : 503, {
      status: isReady ? (isHealthy ? "ready" : "degraded") : "not ready",
      checks: Object.fromEntries(
        conditions.map(({ name, fault, warning }) => [name, fault ?? warning ?? "ok"]),
      ),
    });
  }
}
