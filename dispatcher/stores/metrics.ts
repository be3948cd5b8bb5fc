/** The metrics of the stores at NATS, as each dispatcher finds them. */
import type { Registry } from "prom-client";
import type { StoreState } from "../../shared/bus/store-state.ts";
import { gaugesOf } from "../../shared/runtime/metrics.ts";
import type { StoreMonitor } from "./store-monitor.ts";

export function registerStoreMetrics(registry: Registry, monitor: StoreMonitor): void {
  const gauge = (
    name: string,
    help: string,
    read: (state: StoreState | undefined) => number | undefined,
  ) =>
    gaugesOf(registry, `ovation_dispatcher_store_${name}`, help, ["store"], () =>
      [...monitor.states].flatMap(([store, state]) => {
        const value = read(state);
        return value === undefined ? [] : [[{ store }, value] as const];
      }),
    );
  gauge(
    "readable",
    "1 if the store's leader has answered within the last 10 seconds: each bucket and stream is asked, with or without traffic. Without an answer, nothing else is told of it.",
    (state) => (state === undefined ? 0 : 1),
  );
  gauge("messages", "Messages in it.", (state) => state?.messages);
  gauge("bytes", "Bytes in it, of one copy.", (state) => state?.bytes);
  gauge(
    "limit_bytes",
    "How many bytes it may have: beyond that, the history removes its oldest events, and the others refuse to store.",
    (state) => state?.limitBytes,
  );
  gauge("replicas", "Copies that it should have.", (state) => state?.replicas);
  gauge(
    "replicas_missing",
    "Copies that are gone, or lag behind.",
    (state) => state?.replicasMissing,
  );
}
