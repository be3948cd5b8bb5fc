/**
 * The demo page's HTTP interface to the local stack. It can kill processes, so it listens only on
 * this machine and serves only the stack's own page: the `Host` must name this machine (a foreign
 * name that resolves to it is an attack, DNS rebinding), and the `Origin` must be the page's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { audienceSchema } from "../audience/messages.ts";
import { type Audience, CONTROL_PATHS, processPath } from "../contract.ts";
import type { Live } from "./live.ts";

const HOST = "127.0.0.1";
const NAMES = [HOST, "localhost"];
const BODY_LIMIT_BYTES = 1_024;
const PAGES_LIMIT = 64;
/** The most that is buffered for a page that doesn't read; beyond it the page is disconnected. */
const PAGE_BUFFER_BYTES = 1_048_576;

/** What the page can request. `kill` and `revive` return whether they could be done. */
interface Actions {
  /** The processes that may be killed and restarted. */
  readonly names: readonly string[];
  kill(name: string): boolean;
  revive(name: string): boolean;
  setAudience(audience: Audience): void;
}

interface ControlOptions {
  readonly live: Pick<Live, "watch">;
  readonly actions: Actions;
  /** The port that serves the page. */
  readonly pagePort: number;
}

/** A rejected request, and why. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export class ControlServer {
  readonly #options: ControlOptions;
  readonly #origins: readonly string[];
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Handler>;
  readonly #pages = new Set<() => void>();
  #hosts: readonly string[] = [];

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#origins = NAMES.map((name) => new URL(`http://${name}:${options.pagePort}`).origin);
    this.#server = createServer((request, response) => void this.#answer(request, response));
    const { actions } = options;
    this.#routes = new Map<string, Handler>([
      [`GET ${CONTROL_PATHS.live}`, (_request, response) => this.#streamLive(response)],
      [`POST ${CONTROL_PATHS.audience}`, (...exchange) => this.#takeAudience(...exchange)],
      ...actions.names.flatMap((name): (readonly [string, Handler])[] =>
        (["kill", "revive"] as const).map((action) => [
          `POST ${processPath(name, action)}`,
          (_request, response) => {
            const isDone = actions[action](name);
            respond(response, isDone ? 202 : 409, isDone ? {} : { error: `can't ${action} now` });
          },
        ]),
      ),
    ]);
  }

  /** Listens on the port, which must be free. */
  async start(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, HOST, resolve);
    });
    this.#hosts = NAMES.map((name) => `${name}:${port}`);
  }

  async stop(): Promise<void> {
    for (const end of [...this.#pages]) end();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#admit(request, response);
      if (request.method === "OPTIONS") return respond(response, 204);
      const path = (request.url ?? "").split("?", 1)[0];
      const handler = this.#routes.get(`${request.method} ${path}`);
      if (handler === undefined) throw new Refusal(404, "there is nothing here");
      await handler(request, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const { status, message } =
        error instanceof Refusal ? error : new Refusal(500, "it could not be done");
      respond(response, status, { error: message });
    }
  }

  /** Accepts only the stack's own page, and sends its browser the CORS headers. */
  #admit(request: IncomingMessage, response: ServerResponse): void {
    const { host = "", origin = "" } = request.headers;
    if (!this.#hosts.includes(host)) throw new Refusal(403, "not a host of this server");
    if (!this.#origins.includes(origin)) throw new Refusal(403, "not the page of this stack");
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Headers", "Content-Type");
    response.setHeader("Vary", "Origin");
  }

  async #takeAudience(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const audience = audienceSchema.safeParse(await readJson(request));
    if (!audience.success) throw new Refusal(400, z.prettifyError(audience.error));
    this.#options.actions.setAudience(audience.data);
    respond(response, 202, {});
  }

  #streamLive(response: ServerResponse): void {
    if (this.#pages.size >= PAGES_LIMIT) throw new Refusal(503, "too many pages are open");
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const unwatch = this.#options.live.watch((snapshot) => {
      if (response.writableLength > PAGE_BUFFER_BYTES) response.destroy();
      else response.write(`data: ${JSON.stringify(snapshot)}\n\n`);
    });
    const end = () => {
      unwatch();
      this.#pages.delete(end);
      response.end();
    };
    this.#pages.add(end);
    response.once("close", end);
  }
}

function respond(response: ServerResponse, status: number, body?: object): void {
  if (body === undefined) return void response.writeHead(status).end();
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Refusal(413, "the body is too large");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}
