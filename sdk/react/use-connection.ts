/** The state of the connection as a hook. */
import { useCallback, useSyncExternalStore } from "react";
import type { Ovation } from "../client.ts";
import type { ConnectionState } from "../state.ts";

/** On a server, and while its page is hydrated. */
const IDLE: ConnectionState = { name: "idle" };

/**
 * The state of a client's connection.
 *
 * @example
 * const { name } = useConnection(ovation);
 * return name === "reconnecting" ? <p>Connection lost, trying again …</p> : null;
 */
export function useConnection<Kinds extends object>(ovation: Ovation<Kinds>): ConnectionState {
  const subscribe = useCallback((onChange: () => void) => ovation.onState(onChange), [ovation]);
  return useSyncExternalStore(
    subscribe,
    () => ovation.state,
    () => IDLE,
  );
}
