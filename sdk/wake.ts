/** What a browser tells that is a reason to look after the connection at once. */

/** `wake`: the network or the tab is back. `doubt`: the network may be gone. */
export type WakeSignal = "wake" | "doubt";

/** Listens until the function that it returns is called. Elsewhere than in a browser, nothing comes. */
export function listenForWake(onSignal: (signal: WakeSignal) => void): () => void {
  const page = globalThis.document as Document | undefined;
  const online = () => onSignal("wake");
  const offline = () => onSignal("doubt");
  const visible = () => {
    if (page?.visibilityState === "visible") onSignal("wake");
  };
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  globalThis.addEventListener("online", online);
  globalThis.addEventListener("offline", offline);
  page?.addEventListener("visibilitychange", visible);
  return () => {
    globalThis.removeEventListener("online", online);
    globalThis.removeEventListener("offline", offline);
    page?.removeEventListener("visibilitychange", visible);
  };
}
