/**
 * Which web pages may use the API (https://fetch.spec.whatwg.org/#origin-header). A browser tells
 * the page's origin with every WebSocket and every request to another site, and a page can't change
 * it; what sends none is no browser, and could send whatever it likes.
 */
import { SAME_ORIGIN } from "../../shared/config/network-lists.ts";
import { OvationError } from "../../shared/protocol/errors.ts";

/** The headers that tell where a request comes from and where it goes. */
export interface OriginHeaders {
  readonly origin: string;
  readonly host: string;
}

/** How long a browser may remember what it was told before a request. */
const PREFLIGHT_SECONDS = 7_200;
const ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID";

/** The host and port of an origin as `Host` has them. */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase();
}

export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #allowsAll: boolean;
  readonly #allowsSame: boolean;

  /** @param allowed origins, and the words of {@link originList} */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.filter((one) => one !== "*" && one !== SAME_ORIGIN));
    this.#allowsAll = allowed.includes("*");
    this.#allowsSame = allowed.includes(SAME_ORIGIN);
  }

  /** @throws OvationError origin_refused */
  check({ origin, host }: OriginHeaders): void {
    if (origin === "" || this.#allowsAll || this.#allowed.has(origin)) return;
    if (this.#allowsSame && hostOf(origin) === host.toLowerCase()) return;
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

  /** The answer to a browser that asks before it sends a request. @param methods of the path */
  preflightHeaders(methods: readonly string[]): Readonly<Record<string, string>> {
    return {
      "Access-Control-Allow-Methods": methods.join(", "),
      "Access-Control-Allow-Headers": ALLOWED_HEADERS,
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    };
  }
}
