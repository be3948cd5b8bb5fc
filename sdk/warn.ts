/** Says on the console what went wrong and nobody listens to, so that it is not seen nowhere. */
import type { ConnectionState } from "./state.ts";

/** What is remembered as said; nothing is said beyond it. */
const LIMIT = 100;
/** Why there is no connection, where waiting is no cure. */
const LASTING = /^(wrong_address|origin_refused|mixed_content|csp_blocked)$/;

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly video?: string | undefined;
}

/** Returns what says each code once, for each video. */
export function warnOnce(): (fault: Fault) => void {
  const said = new Set<string>();
  return ({ code, message, video = "" }) => {
    const what = `${code} ${video}`;
    if (said.has(what) || said.size >= LIMIT) return;
    said.add(what);
    // biome-ignore lint/suspicious/noConsole: the one place that is left, since nobody listens
    console.warn(`ovation: ${what}: ${message}`);
  };
}

/** What of a state somebody has to see to; undefined for one that may pass by itself. */
export function lastingFault(state: ConnectionState): Fault | undefined {
  if (state.name === "closed") return state.reason.code === "closed" ? undefined : state.reason;
  return state.name === "reconnecting" && LASTING.test(state.reason.code)
    ? state.reason
    : undefined;
}
