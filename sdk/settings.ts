/** The options as the SDK uses them. In their own file: they name types that only some platforms have. */
import { check, checkOptions, fail, type Rule, WHOLE } from "./arguments.ts";
import type { TokenSource } from "./credentials.ts";
import type { Filter } from "./link/link.ts";
import type { OvationOptions } from "./options.ts";

/** Every option with a value, except those that have no default. */
export type Settings = Required<Omit<OvationOptions, "url" | "token" | "WebSocket">> & {
  readonly url: readonly string[];
  /** What all of its subscriptions ask for. */
  readonly filter: Filter;
  readonly token: TokenSource | undefined;
  readonly WebSocket: typeof globalThis.WebSocket | undefined;
};

/** With a scheme that a gateway can have, or relative to the page. */
const ADDRESS = /^((http|ws)s?:\/\/[^/?#]|[/.])/i;
function isAddress(text: string): boolean {
  try {
    return ADDRESS.test(text) && new URL(text, "http://page") !== null;
  } catch {
    return false;
  }
}

/** What can be done with an event that can't be sent now. */
export const WAIT_OR_FAIL: Rule = ["wait", "fail"];

const DEFAULTS = {
  refreshBeforeMs: 60_000,
  refreshMinMs: 5_000,
  whileAway: "wait",
  waitMs: 30_000,
  queueLimit: 1_000,
  transport: "auto",
  connectTimeoutMs: 10_000,
  reconnectFirstMs: 1_000,
  reconnectMaxMs: 30_000,
  healthyMs: 10_000,
  heartbeatMs: 20_000,
  heartbeatTimeoutMs: 10_000,
  webSocketRetryMs: 60_000,
  // A browser's fetch throws when it is called as a method of another object.
  fetch: (...request) => globalThis.fetch(...request),
  random: Math.random,
  reports: true,
  slowsDown: true,
} as const satisfies Partial<OvationOptions>;

/** A rule for each option; most follow from the defaults. */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]): [string, Rule] => [
      name,
      typeof value === "number" ? WHOLE : (typeof value as Rule),
    ]),
  ),
  url: undefined,
  token: undefined,
  WebSocket: "function",
  whileAway: WAIT_OR_FAIL,
  transport: ["auto", "websocket", "sse"],
};

/**
 * Fills in the defaults.
 * @throws TypeError or RangeError that names the invalid option
 */
export function settingsOf(options: OvationOptions, filter: Filter): Settings {
  checkOptions(options, RULES);
  const { url, token } = options;
  const urls: readonly unknown[] = Array.isArray(url) && url.length > 0 ? url : [url];
  for (const one of urls) {
    if (!isAddress(String(one))) fail("url", "an address like https://example.com", one);
  }
  if (typeof token !== "function" && token !== undefined) check("token", token, "string");
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as OvationOptions;
  return {
    ...DEFAULTS,
    ...given,
    url: urls.map(String),
    filter,
    token: options.token,
    WebSocket: (options.WebSocket ?? globalThis.WebSocket) as typeof globalThis.WebSocket,
  };
}
