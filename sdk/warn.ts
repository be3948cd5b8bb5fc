/** Prints errors that no listener gets on the console, so that they don't go unseen. */
import type { ConnectionState } from "./state.ts";

/** How many different warnings are printed and remembered; further ones are not printed. */
const LIMIT = 100;
/** Reasons for a missing connection that don't pass by themselves. */
const LASTING = /^(wrong_address|origin_refused|mixed_content|csp_blocked)$/;

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly video?: string | undefined;
}

/** Returns a function that prints each code once per video. */
export function warnOnce(): (fault: Fault) => void {
  const printed = new Set<string>();
  return ({ code, message, video = "" }) => {
    const what = `${code} ${video}`;
    if (printed.has(what) || printed.size >= LIMIT) return;
    printed.add(what);
    // biome-ignore lint/suspicious/noConsole: nothing listens, so only the console is left
    console.warn(`ovation: ${what}: ${message}`);
  };
}

/** The fault of a state that somebody must fix; undefined for one that may pass by itself. */
export function lastingFault(state: ConnectionState): Fault | undefined {
  if (state.name === "closed") return state.reason.code === "closed" ? undefined : state.reason;
  return state.name === "reconnecting" && LASTING.test(state.reason.code)
    ? state.reason
    : undefined;
}
