/** What the browser says about the page: reasons to check the connection, and how often to get frames. */

/** How far apart frames are on a page that nobody sees, and where the user saves data. */
export const HIDDEN_PACE_MS = 10_000;
const SAVING_PACE_MS = 1_000;

/** What a browser other than Safari and Firefox knows of the network. */
interface SavingNavigator {
  readonly connection?: { readonly saveData?: boolean };
}

/** How far apart frames of a video may be, in milliseconds. */
export function wantedPaceMs(): number {
  if ((globalThis.document as Document | undefined)?.hidden) return HIDDEN_PACE_MS;
  const browser = globalThis.navigator as SavingNavigator | undefined;
  return browser?.connection?.saveData ? SAVING_PACE_MS : 0;
}

/**
 * `online`, `pageshow`, `visibilitychange`: the network or the page may be back. `offline`: the
 * network may be gone. `pagehide`: the user leaves the page, and the back button may restore it if it
 * holds no connection (the back/forward cache). `wake` is the application's.
 */
const EVENTS = ["online", "offline", "pageshow", "pagehide", "visibilitychange"] as const;
export type WakeSignal = (typeof EVENTS)[number] | "wake";

/** Listens until the returned function is called. Outside a browser, there are no signals. */
export function listenForWake(onSignal: (signal: WakeSignal) => void): () => void {
  const listening = new AbortController();
  for (const name of EVENTS) {
    // Node's global object has no `addEventListener`. What the document says, the window hears too.
    globalThis.addEventListener?.(name, () => onSignal(name), listening);
  }
  return () => listening.abort();
}
