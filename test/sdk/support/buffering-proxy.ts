/** A proxy that blocks WebSockets, and buffers responses until they end, or cuts them. */
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";

/**
 * Where buffering starts: at the head, at the body, or after the first part of the body. Or never, but
 * then streams are soon cut.
 */
export type HeldFrom = "head" | "body" | "rest" | "never";

/** How long a stream may last if nothing is held back. */
const CUT_MS = 300;

export class BufferingProxy {
  /** Every request received. */
  readonly requests: string[] = [];
  readonly #server;
  readonly #from: HeldFrom;

  private constructor(port: number, from: HeldFrom) {
    this.#from = from;
    this.#server = createServer((incoming, outgoing) => {
      this.requests.push(`${incoming.method} ${incoming.url}`);
      const { method, url: path, headers } = incoming;
      const upstream = httpRequest({ port, host: "127.0.0.1", method, path, headers });
      incoming.pipe(upstream);
      outgoing.on("close", () => upstream.destroy());
      upstream.on("error", () => outgoing.destroy());
      upstream.on("response", (answer: IncomingMessage) => {
        const parts: Buffer[] = [];
        const begin = () => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          outgoing.flushHeaders();
        };
        if (this.#from !== "head") begin();
        if (this.#from === "never") {
          answer.pipe(outgoing);
          // A poll has a length, a stream doesn't.
          if (answer.headers["content-length"] !== undefined) return;
          const cut = setTimeout(() => outgoing.destroy(), CUT_MS);
          return void outgoing.on("close", () => clearTimeout(cut));
        }
        answer.on("data", (part: Buffer) => {
          if (this.#from === "rest" && parts.length === 0) outgoing.write(part);
          parts.push(part);
        });
        answer.on("end", () => {
          if (this.#from === "head") begin();
          outgoing.end(Buffer.concat(parts.slice(this.#from === "rest" ? 1 : 0)));
        });
        answer.on("error", () => outgoing.destroy());
      });
    });
    this.#server.on("upgrade", (_, socket) => socket.destroy());
  }

  static async start(port: number, from: HeldFrom): Promise<BufferingProxy> {
    const proxy = new BufferingProxy(port, from);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
