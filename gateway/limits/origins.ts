/**
 * Which web pages may use the API (https://fetch.spec.whatwg.org/#origin-header). A browser sends
 * the page's origin with every WebSocket and every request to another site, and a page can't change
 * it. A client that sends none is not a browser, and could send any origin.
 */
import { LOOPBACK, SAME_ORIGIN } from "../../shared/config/network-lists.ts";
import {
  canonicalOrigin,
  isLoopbackOrigin,
  isOriginOfHost,
  matchesPattern,
  type OriginPattern,
  originPattern,
} from "../../shared/config/origins.ts";
import { OvationError } from "../../shared/protocol/errors.ts";

/** The headers that say where a request comes from and where it goes. */
export interface OriginHeaders {
  readonly origin: string;
  readonly host: string;
}

/** How long a browser may cache a preflight response. */
const PREFLIGHT_SECONDS = 7_200;
/** Headers that the API itself reads; always allowed. */
const ALLOWED_HEADERS = ["Authorization", "Content-Type", "Last-Event-ID"];
/** Headers that only proxies may set. */
const PROXY_HEADER = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/i;
/** The name of a header (RFC 9110 section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #allowsAll: boolean;
  readonly #allowsSame: boolean;
  readonly #allowsLoopback: boolean;
  readonly #patterns: readonly OriginPattern[];

  /** @param allowed origins, and the words of {@link originList} */
  constructor(allowed: readonly string[]) {
    this.#patterns = allowed.map(originPattern).filter((pattern) => pattern !== undefined);
    const words = [SAME_ORIGIN, LOOPBACK];
    const exact = allowed.filter((one) => !words.includes(one) && !one.includes("*"));
    this.#allowed = new Set(exact.map(canonicalOrigin));
    this.#allowsAll = allowed.includes("*");
    this.#allowsSame = allowed.includes(SAME_ORIGIN);
    this.#allowsLoopback = allowed.includes(LOOPBACK);
  }

  /** @throws OvationError origin_refused */
  check({ origin, host }: OriginHeaders): void {
    if (origin === "" || this.#allowsAll) return;
    if (this.#allowed.has(canonicalOrigin(origin))) return;
    if (this.#allowsSame && isOriginOfHost(origin, host)) return;
    if (this.#allowsLoopback && isLoopbackOrigin(origin)) return;
    if (this.#patterns.some((pattern) => matchesPattern(pattern, origin))) return;
    const message = `pages of ${origin} may not use this gateway: name them in its setting allowed-origins (--allowed-origins ${SAME_ORIGIN},${origin})`;
    throw new OvationError("origin_refused", message, { field: "Origin" });
  }

  /** The headers that let a page of a checked origin read the response. */
  answerHeaders(origin: string): Readonly<Record<string, string>> {
    if (origin === "") return {};
    return {
      "Access-Control-Allow-Origin": this.#allowsAll ? "*" : origin,
      "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
    };
  }

  /**
   * The response to a preflight request. Any header that the page asks for is allowed, such as for
   * tracing: its origin was checked, and cookies are ignored. Only headers that proxies set are
   * excluded.
   * @param methods the methods of the path
   * @param asked `Access-Control-Request-Headers`
   */
  preflightHeaders(methods: readonly string[], asked: string): Readonly<Record<string, string>> {
    const names = asked.split(",").map((name) => name.trim());
    const more = names.filter((name) => TOKEN.test(name) && !PROXY_HEADER.test(name));
    return {
      "Access-Control-Allow-Methods": methods.join(", "),
      "Access-Control-Allow-Headers": [...new Set([...ALLOWED_HEADERS, ...more])].join(", "),
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    };
  }
}
