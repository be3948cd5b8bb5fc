/** The metrics of the stores at NATS, as each dispatcher finds them. */
import type { Registry } from "prom-client";
import type { StoreState } from "../../shared/bus/store-state.ts";
import { gaugesOf } from "../../shared/runtime/metrics.ts";
import type { StoreMonitor } from "./store-monitor.ts";

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

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
    "How many bytes it may have: beyond that, its oldest messages are removed, or new ones are refused, as `…_drops_oldest` says.",
    (state) => state?.limitBytes,
  );
  gauge(
    "drops_oldest",
    "1 if its oldest messages are removed at a limit, 0 if new ones are refused.",
    (state) => (state === undefined ? undefined : Number(state.dropsOldest)),
  );
  gauge(
    "oldest_seconds",
    "How long ago its oldest message was stored, by the dispatcher's clock.",
    (state) => secondsOf(state?.oldestMs),
  );
  gauge(
    "age_limit_seconds",
    "How long it keeps a message; not told of one that keeps them for ever.",
    (state) => secondsOf(state?.ageLimitMs),
  );
  gauge("replicas", "Copies that it should have.", (state) => state?.replicas);
  gauge(
    "replicas_missing",
    "Copies that are gone, or lag behind.",
    (state) => state?.replicasMissing,
  );
}
