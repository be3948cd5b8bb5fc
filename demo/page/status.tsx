/** Whether the page is connected, and over which transport. */
import { useConnection } from "ovation-client/react";
import type { DemoOvation } from "./kinds.ts";

export function Status({ ovation }: { readonly ovation: DemoOvation }) {
  const state = useConnection(ovation);
  return (
    <p className={`status is-${state.name}`} role="status">
      <span className="status-dot" aria-hidden="true" />
      {textOf(state)}
    </p>
  );
}

function textOf(state: DemoOvation["state"]): string {
  switch (state.name) {
    case "connected":
      if (state.isStale) return "Connected, but nothing new arrives at the moment";
      return state.via === "websocket" ? "WebSocket" : "Server-Sent Events";
    case "reconnecting":
      return "Reconnecting …";
    case "closed":
      return `Closed: ${state.reason.message}`;
    default:
      return "Connecting …";
  }
}
