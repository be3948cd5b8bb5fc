/** The metrics of the role that sends webhooks. */
import type { Registry } from "prom-client";
import type { Bus } from "../shared/bus/connection.ts";
import { counterOf, gaugeOf, gaugesOf, registerBusMetrics } from "../shared/runtime/metrics.ts";
import type { Backlog } from "./backlog.ts";
import type { Deliveries } from "./delivery/deliveries.ts";
import { type EndpointStats, OUTCOMES } from "./delivery/stats.ts";
import type { Lease } from "./lease.ts";
import type { Outbox } from "./sources/outbox.ts";
import type { Sources } from "./sources/sources.ts";

interface HooksMetricsSource {
  readonly bus: Bus;
  readonly lease: Pick<Lease, "isHeld">;
  readonly sources: Pick<Sources, "streams" | "occupancy" | "isFollowing">;
  readonly outbox: Pick<Outbox, "cut">;
  readonly deliveries: Pick<Deliveries, "stats" | "cut">;
  readonly backlog: Pick<Backlog, "waiting">;
}

export function registerHooksMetrics(registry: Registry, source: HooksMetricsSource): void {
  const { bus, lease, sources, outbox, deliveries, backlog } = source;
  registerBusMetrics(registry, bus);
  gaugeOf(
    registry,
    "ovation_hooks_active",
    "1 where this instance works, and follows all sources; others stand by.",
    () => Number(lease.isHeld && sources.isFollowing),
  );
  counterOf(
    registry,
    "ovation_hooks_collected_total",
    "Messages of each source that were read for events.",
    ["source"],
    () => [...sources.streams].map(([name, { collected }]) => [{ source: name }, collected]),
  );
  gaugeOf(
    registry,
    "ovation_hooks_occupied_videos",
    "Videos that have viewers, as the instance that works sees it.",
    () => sources.occupancy.occupied,
  );
  counterOf(
    registry,
    "ovation_hooks_cut_events_total",
    "Events that wait, or are dead letters, without their data, since NATS takes no message so large.",
    ["place"],
    () => [
      [{ place: "waiting" }, outbox.cut],
      [{ place: "dead_letters" }, deliveries.cut],
    ],
  );
  registerDeliveries(registry, deliveries.stats);
  registerBacklog(registry, deliveries.stats, backlog);
}

function registerDeliveries(registry: Registry, stats: ReadonlyMap<string, EndpointStats>): void {
  counterOf(
    registry,
    "ovation_hooks_attempts_total",
    "Webhooks that were sent, by their outcome; `gone`: the endpoint answered 410.",
    ["endpoint", "outcome"],
    () =>
      [...stats].flatMap(([endpoint, { attempts }]) =>
        OUTCOMES.map((outcome) => [{ endpoint, outcome }, attempts.get(outcome) ?? 0] as const),
      ),
  );
  counterOf(
    registry,
    "ovation_hooks_attempt_seconds_total",
    "How long endpoints took to answer, or to fail.",
    ["endpoint"],
    () => [...stats].map(([endpoint, { attemptMs }]) => [{ endpoint }, attemptMs / 1_000]),
  );
  counterOf(
    registry,
    "ovation_hooks_delivered_events_total",
    "Events that were delivered, by type.",
    ["endpoint", "type"],
    () =>
      [...stats].flatMap(([endpoint, { events }]) =>
        [...events].map(([type, count]) => [{ endpoint, type }, count] as const),
      ),
  );
  counterOf(
    registry,
    "ovation_hooks_dead_total",
    "Webhooks that were given up, and became dead letters.",
    ["endpoint"],
    () => [...stats].map(([endpoint, { dead }]) => [{ endpoint }, dead]),
  );
  counterOf(
    registry,
    "ovation_hooks_lost_total",
    "Messages with events that the stream's limits removed before they were delivered.",
    ["endpoint"],
    () => [...stats].map(([endpoint, { lost }]) => [{ endpoint }, lost]),
  );
}

function registerBacklog(
  registry: Registry,
  stats: ReadonlyMap<string, EndpointStats>,
  backlog: Pick<Backlog, "waiting">,
): void {
  gaugesOf(
    registry,
    "ovation_hooks_gone",
    "1 where the endpoint answered 410, and gets nothing until it is resumed.",
    ["endpoint"],
    () => [...stats].map(([endpoint, { isGone }]) => [{ endpoint }, Number(isGone)]),
  );
  gaugesOf(
    registry,
    "ovation_hooks_waiting_messages",
    "Messages with events that wait for the endpoint, as the instance that works measured it.",
    ["endpoint"],
    () => [...backlog.waiting].map(([endpoint, { messages }]) => [{ endpoint }, messages]),
  );
  gaugesOf(
    registry,
    "ovation_hooks_waiting_seconds",
    "How long ago the oldest of them was stored.",
    ["endpoint"],
    () => [...backlog.waiting].map(([endpoint, { ageMs }]) => [{ endpoint }, ageMs / 1_000]),
  );
  gaugesOf(
    registry,
    "ovation_hooks_dead_letters",
    "Dead letters that are kept.",
    ["endpoint"],
    () => [...backlog.waiting].map(([endpoint, { dead }]) => [{ endpoint }, dead]),
  );
}
