/** The browser's events that are a reason to check the connection at once. */

/**
 * `wake`: the network, the tab or the page is back. `doubt`: the network may be gone. `leave`: the
 * user leaves the page, and the back button may restore it if it holds no connection (the
 * back/forward cache).
 */
export type WakeSignal = "wake" | "doubt" | "leave";

/** Listens until the returned function is called. Outside a browser, there are no signals. */
export function listenForWake(onSignal: (signal: WakeSignal) => void): () => void {
  const page = globalThis.document as Document | undefined;
  const wake = () => onSignal("wake");
  const visible = () => {
    if (page?.visibilityState === "visible") wake();
  };
  const listeners = [
    [globalThis, "online", wake],
    [globalThis, "pageshow", wake],
    [globalThis, "offline", () => onSignal("doubt")],
    [globalThis, "pagehide", () => onSignal("leave")],
    [page, "visibilitychange", visible],
  ] as const;
  const listening = new AbortController();
  for (const [target, name, listener] of listeners) {
    // Node's global object has no `addEventListener`.
    target?.addEventListener?.(name, listener, listening);
  }
  return () => listening.abort();
}
