/** Node.js's own HTTP server, which refuses what is ambiguous: it tells which comments it has read. */
import { once } from "node:events";
import { createServer, IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the parser reads is pushed at once; a reader may miss it if a fault follows in the same read. */
class PushedRequest extends IncomingMessage {
  static readonly ids = new Set<string>();
  #body = "";

  override push(chunk: Buffer | null): boolean {
    if (chunk !== null) this.#body += chunk.toString();
    else if (this.method === "POST") this.#note();
    return super.push(chunk);
  }

  #note(): void {
    try {
      PushedRequest.ids.add((JSON.parse(this.#body) as { id: string }).id);
    } catch {
      // Not a comment.
    }
  }
}

export class StrictParser {
  /** Of the comments in the bodies of requests, to any parser. */
  readonly ids: ReadonlySet<string> = PushedRequest.ids;
  readonly #server: Server<typeof PushedRequest>;

  private constructor() {
    const options = { insecureHTTPParser: false, IncomingMessage: PushedRequest };
    this.#server = createServer(options, (_request, response) => response.end());
  }

  static async start(): Promise<StrictParser> {
    PushedRequest.ids.clear();
    const parser = new StrictParser();
    parser.#server.listen(0, "127.0.0.1");
    await once(parser.#server, "listening");
    return parser;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
