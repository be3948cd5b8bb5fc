/** The options as the SDK uses them. Apart from them, since these name what only some platforms know. */
import type { TokenSource } from "./credentials.ts";
import type { OvationOptions } from "./options.ts";

/** Every option with a value, but for those that have no default. */
export type Settings = Required<Omit<OvationOptions, "token" | "WebSocket">> & {
  readonly token: TokenSource | undefined;
  readonly WebSocket: typeof globalThis.WebSocket | undefined;
};

/** Fills in the defaults. */
export function settingsOf(options: OvationOptions): Settings {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as OvationOptions;
  return {
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
    // Called as a method of anything else, a browser's fetch throws.
    fetch: (...request) => globalThis.fetch(...request),
    random: Math.random,
    ...given,
    token: options.token,
    WebSocket: (options.WebSocket ?? globalThis.WebSocket) as typeof globalThis.WebSocket,
  };
}
