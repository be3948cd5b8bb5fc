/**
 * The client for browsers that this gateway was built with, in memory: one script with the elements,
 * compressed at build. Whoever loads it uses a client that fits the gateway.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { acceptsEncoding } from "./accept-encoding.ts";
import { namesEtag } from "./page-files.ts";

/** What `deploy/client/build.ts` writes about the script. */
const Manifest = z.object({
  /** Its name, with the hash of its bytes. */
  script: z.string().regex(/^ovation-[\w-]+\.js$/),
  /** For the attribute of this name (https://www.w3.org/TR/sri/). */
  integrity: z.string(),
  version: z.string(),
});

const MANIFEST = "ovation.json";
const FOLDER = "/v1/";
const SCRIPT = "ovation.js";
/** The best first, each with the ending of its file. */
const ENCODINGS = { br: ".br", gzip: ".gz" } as const;

/** Its bytes never change, so neither does what a page gets. */
const IMMUTABLE = "public, max-age=31536000, immutable";
/** So long a page may use an older client after an update. */
const SHORT = "public, max-age=60";
/** Any page may load it; it holds nothing of anybody's. */
const OPEN = {
  "Access-Control-Allow-Origin": "*",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "X-Content-Type-Options": "nosniff",
};

interface Body {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file in its encodings, the best first and the plain one last. */
type ClientFile = readonly { readonly encoding: string; readonly body: Body }[];

export class ClientFiles {
  readonly #directory: string | undefined;
  readonly #files = new Map<string, ClientFile>();

  /** @param directory undefined: no client is served */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  /**
   * Reads the folder.
   * @throws Error when it can't be read, or holds no client
   */
  async start(): Promise<void> {
    const directory = this.#directory;
    if (directory === undefined) return;
    const manifest = await readFile(join(directory, MANIFEST));
    const parsed = Manifest.safeParse(JSON.parse(String(manifest)));
    if (!parsed.success) throw new Error(`client-dir: ${directory}/${MANIFEST} is not a client's`);
    const { script } = parsed.data;
    const path = join(directory, script);
    const plain = { encoding: "identity", bytes: await readFile(path) };
    const encoded = await Promise.all(
      Object.entries(ENCODINGS).map(async ([encoding, ending]) => {
        return { encoding, bytes: await readFile(path + ending) };
      }),
    );
    const bodies = [...encoded, plain];
    this.#add(script, "text/javascript; charset=utf-8", IMMUTABLE, script, bodies);
    this.#add(SCRIPT, "text/javascript; charset=utf-8", SHORT, script, bodies);
    const about = [{ encoding: "identity", bytes: manifest }];
    this.#add(MANIFEST, "application/json", SHORT, script, about);
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Answers GET and HEAD for a path that it has. @throws OvationError method_not_allowed */
  serve(exchange: HttpExchange): void {
    const file = this.#files.get(exchange.path) ?? [];
    exchange.commonHeaders = OPEN;
    if (!["GET", "HEAD"].includes(exchange.method)) throw new OvationError("method_not_allowed");
    const accepted = exchange.header("accept-encoding");
    const found = file.find(({ encoding }) => acceptsEncoding(accepted, encoding)) ?? file.at(-1);
    if (found === undefined) throw new OvationError("not_found");
    const { bytes, headers } = found.body;
    if (namesEtag(exchange.header("if-none-match"), headers["ETag"] ?? "")) {
      return exchange.respondWithoutBody(304, headers);
    }
    // No limit of requests holds, so each costs a connection, whose limits do.
    if (exchange.method === "GET") exchange.isLast = true;
    exchange.respond(200, headers, bytes);
  }

  #add(
    name: string,
    type: string,
    caching: string,
    script: string,
    bodies: readonly { readonly encoding: string; readonly bytes: Uint8Array }[],
  ): void {
    const file = bodies.map(({ encoding, bytes }) => {
      const isPlain = encoding === "identity";
      const headers = {
        "Content-Type": type,
        ...(isPlain ? {} : { "Content-Encoding": encoding }),
        "Cache-Control": caching,
        // The name has the hash. Each encoding has an ETag of its own (RFC 9110 section 8.8.3.3).
        ETag: `"${script.slice(0, -".js".length)}${isPlain ? "" : `-${encoding}`}"`,
        Vary: "Accept-Encoding",
      };
      return { encoding, body: { bytes, headers } };
    });
    this.#files.set(FOLDER + name, file);
  }
}
