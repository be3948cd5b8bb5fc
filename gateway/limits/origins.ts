/**
 * Which web pages may use the API (https://fetch.spec.whatwg.org/#origin-header). A browser tells
 * the page's origin with every WebSocket and every request to another site, and a page can't change
 * it; what sends none is no browser, and could send whatever it likes.
 */
import { SAME_ORIGIN } from "../../shared/config/network-lists.ts";
import {
  canonicalOrigin,
  isOriginOfHost,
  matchesPattern,
  type OriginPattern,
  originPattern,
} from "../../shared/config/origins.ts";
import { OvationError } from "../../shared/protocol/errors.ts";

/** The headers that tell where a request comes from and where it goes. */
export interface OriginHeaders {
  readonly origin: string;
  readonly host: string;
}

/** How long a browser may remember what it was told before a request. */
const PREFLIGHT_SECONDS = 7_200;
/** What the API itself takes, named to a browser that asks for nothing else too. */
const ALLOWED_HEADERS = ["Authorization", "Content-Type", "Last-Event-ID"];
/** What a page may not say in the place of a proxy. */
const PROXY_HEADER = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/i;
/** The name of a header (RFC 9110 section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #allowsAll: boolean;
  readonly #allowsSame: boolean;
  readonly #patterns: readonly OriginPattern[];

  /** @param allowed origins, and the words of {@link originList} */
  constructor(allowed: readonly string[]) {
    this.#patterns = allowed.map(originPattern).filter((pattern) => pattern !== undefined);
    const exact = allowed.filter((one) => one !== SAME_ORIGIN && !one.includes("*"));
    this.#allowed = new Set(exact.map(canonicalOrigin));
    this.#allowsAll = allowed.includes("*");
    this.#allowsSame = allowed.includes(SAME_ORIGIN);
  }

  /** @throws OvationError origin_refused */
  check({ origin, host }: OriginHeaders): void {
    if (origin === "" || this.#allowsAll) return;
    if (this.#allowed.has(canonicalOrigin(origin))) return;
    if (this.#allowsSame && isOriginOfHost(origin, host)) return;
    if (this.#patterns.some((pattern) => matchesPattern(pattern, origin))) return;
    const message = `pages of ${origin} may not use this gateway: name them in its setting allowed-origins (--allowed-origins ${SAME_ORIGIN},${origin})`;
    throw new OvationError("origin_refused", message, { field: "Origin" });
  }

  /** What lets the page of an origin that was checked read the answer. */
  answerHeaders(origin: string): Readonly<Record<string, string>> {
    if (origin === "") return {};
    return {
      "Access-Control-Allow-Origin": this.#allowsAll ? "*" : origin,
      "Access-Control-Expose-Headers": "Retry-After",
    };
  }

  /**
   * The answer to a browser that asks before it sends a request. Any header is allowed that the page
   * asks for, such as those of tracing: its origin was checked, and cookies are not looked at. Only
   * what proxies say of a client is left to them.
   * @param methods of the path
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
