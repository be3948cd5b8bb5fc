/**
 * The files of a folder, held in memory and served as they are: a page beside the API, so that a
 * small deployment needs no web server. Only files that were in the folder at the start are served,
 * by their exact names, so that no path leads out of it.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { lookup } from "mrmime";
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";

/** Meant for a page and its parts, all of which stay in memory. */
const MAX_FILES = 1_000;
const MAX_BYTES = 33_554_432;
const INDEX = "index.html";

/** The `Content-Type` of a file by its name; text is UTF-8. */
function contentTypeOf(name: string): string {
  const type = lookup(name) ?? "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

interface PageFile {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

export class PageFiles {
  readonly #directory: string | undefined;
  readonly #policy: string;
  readonly #files = new Map<string, PageFile>();

  /**
   * @param directory undefined: there is no page
   * @param policy the `Content-Security-Policy` (https://www.w3.org/TR/CSP3/)
   */
  constructor(directory: string | undefined, policy: string) {
    this.#directory = directory;
    this.#policy = policy;
  }

  /**
   * Reads the folder.
   * @throws Error when it can't be read, or is too large to be a page
   */
  async start(): Promise<void> {
    if (this.#directory === undefined) return;
    const paths = await pathsIn(this.#directory);
    let bytes = 0;
    for (const path of paths) {
      bytes += (await stat(path)).size;
      if (bytes > MAX_BYTES) {
        throw new Error(`the page in ${this.#directory} is larger than ${MAX_BYTES} bytes`);
      }
      this.#add(relative(this.#directory, path).split(sep).join("/"), await readFile(path));
    }
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Answers GET and HEAD for a path that it has. */
  serve(exchange: HttpExchange): void {
    const file = this.#files.get(exchange.path);
    if (file === undefined) throw new OvationError("not_found");
    const { body, headers, etag } = file;
    if (namesEtag(exchange.header("if-none-match"), etag)) {
      exchange.respondWithoutBody(304, headers);
    } else exchange.respond(200, headers, body);
  }

  #add(name: string, body: Uint8Array): void {
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    const headers = {
      "Content-Type": contentTypeOf(name),
      // Always revalidated, rarely sent again: a page must fit the gateway that it talks to.
      "Cache-Control": "no-cache",
      ETag: etag,
      "Content-Security-Policy": this.#policy,
      "Cross-Origin-Opener-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    };
    const file = { body, headers, etag };
    this.#files.set(`/${name}`, file);
    if (name === INDEX || name.endsWith(`/${INDEX}`)) {
      this.#files.set(`/${name.slice(0, -INDEX.length)}`, file);
    }
  }
}

/** The plain files in a folder and its subfolders, without links and hidden files. */
async function pathsIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => relative(directory, path).split(sep).every(isServed));
  if (paths.length > MAX_FILES) {
    throw new Error(`the page in ${directory} has more than ${MAX_FILES} files`);
  }
  return paths;
}

/** Whether a name needs no encoding in a URL, and isn't hidden. */
function isServed(name: string): boolean {
  return /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/.test(name);
}

/** Whether the client has this version already (https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match). */
export function namesEtag(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}
