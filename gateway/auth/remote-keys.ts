/**
 * Keys behind a JWKS URL (RFC 7517 section 5). `jose` caches them, fetches them anew when a token
 * names a key that isn't among them, and makes one request at a time; here each request gets its
 * bounds, and keys that were had go on for a time while the URL is away.
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
/** The largest key set that is read: some hundred keys. */
const LIMIT_BYTES = 262_144;
/** Keys are fetched again at the latest after this time. */
const CACHE_MS = 600_000;
/** After a failure, the URL is not asked again for this time. */
const PAUSE_MS = 1_000;

interface RemoteKeysOptions {
  readonly url: string;
  /** A key that isn't known makes us ask again at most this often. */
  readonly cooldownMs: number;
  /** How long keys go on after they were last had, while the URL is away. */
  readonly staleMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
}

/** The key set can't be had, so that nothing can be said of a token. */
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
    if (now() - this.#failedAtMs < PAUSE_MS) return this.#stale(new Error("it failed just now"));
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

  /** The keys as they were last had, if that is not too long ago. */
  #stale(cause: unknown): Response {
    const last = this.#last;
    if (last === undefined || this.#options.now() - last.atMs > this.#options.staleMs) {
      throw new KeysUnavailable("the key set can't be had", { cause });
    }
    return new Response(last.text);
  }
}

/** What is no key set must not take the place of the keys that we have. */
function assertKeySet(text: string): void {
  const set: unknown = JSON.parse(text);
  const isSet = typeof set === "object" && set !== null && "keys" in set && Array.isArray(set.keys);
  if (!isSet) throw new Error("what the URL gives is no key set");
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
