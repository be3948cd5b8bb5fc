/**
 * Health and metrics, on a port of their own that viewers never reach.
 * `/healthz`: the process lives. `/readyz`: it can do its work. `/metrics`: Prometheus text.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** One condition of readiness, by name; the text says what is wrong. */
export type ReadinessCheck = () => { readonly name: string; readonly fault: string | undefined };

interface OpsOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  readonly checks: readonly ReadinessCheck[];
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export class OpsServer {
  readonly #options: OpsOptions;
  readonly #server: Server;
  #checks: readonly ReadinessCheck[];

  constructor(options: OpsOptions) {
    this.#options = options;
    this.#checks = options.checks;
    this.#server = createServer((request, response) => {
      this.#answer(request.method ?? "", request.url ?? "", response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /**
   * Listens.
   * @returns the port, for when 0 was asked for
   */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Adds conditions that can only be known later than the start. */
  addChecks(checks: readonly ReadinessCheck[]): void {
    this.#checks = [...this.#checks, ...checks];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(method: string, url: string, response: ServerResponse): Promise<void> {
    if (method !== "GET" && method !== "HEAD") return sendJson(response, 405, { status: "error" });
    switch (url.split("?")[0]) {
      case "/healthz":
        return sendJson(response, 200, { status: "ok" });
      case "/readyz":
        return this.#answerReady(response);
      case "/metrics":
        response.writeHead(200, { "content-type": this.#options.registry.contentType });
        response.end(await this.#options.registry.metrics());
        return;
      default:
        return sendJson(response, 404, { status: "error" });
    }
  }

  #answerReady(response: ServerResponse): void {
    const results = this.#checks.map((check) => check());
    const faults = results.filter((result) => result.fault !== undefined);
    const checks = Object.fromEntries(results.map(({ name, fault }) => [name, fault ?? "ok"]));
    sendJson(response, faults.length === 0 ? 200 : 503, {
      status: faults.length === 0 ? "ready" : "not ready",
      checks,
    });
  }
}
