/**
 * Keys behind a JWKS URL (RFC 7517 section 5). `jose` caches them, fetches them again when a token
 * names a key that isn't among them, and makes one request at a time; this file limits each request
 * and, while the URL can't be reached, keeps using the last keys for a time.
 */
import {
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from "jose";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const TIMEOUT_MS = 5_000;
/** The largest key set that is read: about a hundred keys. */
const LIMIT_BYTES = 262_144;
/** Keys are fetched again at the latest after this time. */
const CACHE_MS = 600_000;
/** After a failure, no request is made for this time. */
const PAUSE_MS = 1_000;

interface RemoteKeysOptions {
  readonly url: string;
  /** An unknown key causes a new request at most this often. */
  readonly cooldownMs: number;
  /** How long keys stay in use after the last fetch, while the URL can't be reached. */
  readonly staleMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
}

/** The key set can't be fetched, so that no token can be verified. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

export class RemoteKeys {
  readonly stats = { fetches: 0, failures: 0 };
  /** Finds the key of a token, for `jose`. Throws {@link KeysUnavailable}, or an error of `jose`. */
  readonly keyOf: JWTVerifyGetKey;
  readonly #options: RemoteKeysOptions;
  #last: { readonly text: string; readonly atMs: number } | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.keyOf = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: options.cooldownMs,
      cacheMaxAge: CACHE_MS,
      [customFetch]: (url, init) => this.#fetch(url, init),
    });
  }

  async #fetch(...[url, init]: Parameters<FetchImplementation>): Promise<Response> {
    const { now, staleMs, log } = this.#options;
    if (now() - this.#failedAtMs < PAUSE_MS)
      return this.#stale(new Error("the last request failed a moment ago"));
    this.stats.fetches += 1;
    try {
      const response = await fetch(url, init);
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
      const text = await textOf(response);
      assertKeySet(text);
      this.#last = { text, atMs: now() };
      return new Response(text);
    } catch (error) {
      this.stats.failures += 1;
      this.#failedAtMs = now();
      log.warn({ err: error, url, staleMs }, "the keys of tokens could not be fetched");
      return this.#stale(error);
    }
  }

  /** The keys as they were last fetched, if that is not too long ago. */
  #stale(cause: unknown): Response {
    const last = this.#last;
    if (last === undefined || this.#options.now() - last.atMs > this.#options.staleMs) {
      throw new KeysUnavailable("the key set can't be fetched", { cause });
    }
    return new Response(last.text);
  }
}

/** Only a key set may replace the keys that we have. */
function assertKeySet(text: string): void {
  const set: unknown = JSON.parse(text);
  const isSet = typeof set === "object" && set !== null && "keys" in set && Array.isArray(set.keys);
  if (!isSet) throw new Error("the response is not a key set");
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LIMIT_BYTES) throw new Error(`the key set is over ${LIMIT_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
