/** What a browser tells that is a reason to look after the connection at once. */

/**
 * `wake`: the network, the tab or the page is back. `doubt`: the network may be gone. `leave`: the
 * page is left, and may come back by the back button if it holds no connection (the back/forward
 * cache).
 */
export type WakeSignal = "wake" | "doubt" | "leave";

/** Listens until the function that it returns is called. Elsewhere than in a browser, nothing comes. */
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
    // Node's global object hears nothing.
    target?.addEventListener?.(name, listener, listening);
  }
  return () => listening.abort();
}
