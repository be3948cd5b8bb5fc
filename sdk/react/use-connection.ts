/** The state of the connection as a hook. */
import { useCallback, useSyncExternalStore } from "react";
import type { Ovation } from "../client.ts";
import type { ConnectionState } from "../state.ts";

/**
 * The state of a client's connection.
 *
 * @example
 * const { name } = useConnection(ovation);
 * return name === "reconnecting" ? <p>Connection lost, trying again …</p> : null;
 */
export function useConnection<Kinds extends object>(ovation: Ovation<Kinds>): ConnectionState {
  const subscribe = useCallback((onChange: () => void) => ovation.onState(onChange), [ovation]);
  const get = () => ovation.state;
  return useSyncExternalStore(subscribe, get, get);
}
