/**
 * Loads uWebSockets.js. It reads the limit of a request's head from the environment, once per
 * process, when it is loaded; so it is loaded only when that limit is known.
 */
import type * as uWS from "uWebSockets.js";

export type Addon = typeof uWS;
export type { uWS };

/** The addon's own name for the limit. */
const HEAD_LIMIT_VARIABLE = "UWS_HTTP_MAX_HEADERS_SIZE";

/** What tells the addon not to name itself in each answer; its types lack the function. */
const NO_MARK = "999999990007";

async function loadUnmarked(): Promise<Addon> {
  const addon = await import("uWebSockets.js");
  (addon as unknown as { _cfg(key: string): void })._cfg(NO_MARK);
  return addon;
}

let loaded: { readonly addon: Promise<Addon>; readonly headLimitBytes: number } | undefined;

/**
 * @param headLimitBytes the largest head of a request: its line and headers
 * @throws Error when this process has loaded the addon with another limit, or can't load it
 */
export async function loadAddon(headLimitBytes: number): Promise<Addon> {
  if (loaded === undefined) {
    process.env[HEAD_LIMIT_VARIABLE] = String(headLimitBytes);
    loaded = { addon: loadUnmarked(), headLimitBytes };
  }
  if (loaded.headLimitBytes !== headLimitBytes) {
    const { headLimitBytes: first } = loaded;
    throw new Error(`head-limit-bytes is ${first} for this whole process, not ${headLimitBytes}`);
  }
  return await loaded.addon;
}
