/** The Prometheus metrics of limits; refusals by error code are with those of connections. */
import type { Registry } from "prom-client";
import { counterOf, countOf, countsBy, gaugeOf } from "../../shared/runtime/metrics.ts";
import { registerShedLevels } from "../../shared/runtime/overload/metrics.ts";
import type { Admission } from "./admission.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { LiveLimits } from "./live-limits.ts";
import { RATE_NAMES, type Rates } from "./rates.ts";

interface Parts {
  /** TCP connections. */
  readonly open: {
    readonly size: number;
    readonly refused: Readonly<Record<"total" | "address", number>>;
  };
  readonly admission: Admission;
  readonly bodies: BodyBudget;
  readonly rates: Rates;
  readonly live: Pick<LiveLimits, "changed">;
}

export function registerLimitMetrics(
  registry: Registry,
  { open, admission, bodies, rates, live }: Parts,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_gateway_${name}`, help, read);
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_gateway_${name}`, help, read);
  const { overload } = admission;
  const { publishers } = rates;
  gauge(
    "overload_level",
    "How close the gateway is to refusing new viewers; at 1 it does.",
    () => overload.level,
  );
  registerShedLevels(registry, "ovation_gateway", overload.levels);
  counterOf(
    registry,
    "ovation_gateway_overload_refused_total",
    "Refused because of overload or a full gateway: viewers, HTTP requests, and publishes by the class of their events.",
    ["what"],
    () => Object.entries(overload.stats.refused).map(([what, count]) => [{ what }, count]),
  );
  counter(
    "overload_sampled_total",
    "Events sent as counts only while frames held fewer of them because of overload.",
    () => overload.stats.sampledEvents,
  );
  gauge(
    "event_loop_delay_seconds",
    "How late the event loop or frames are on average; overload is measured by it.",
    () => overload.delayMs / 1_000,
  );
  gauge(
    "open_connections",
    "TCP connections: of viewers, with an HTTP request, or idle.",
    () => open.size,
  );
  gauge(
    "open_connections_limit",
    "How many there may be, by the settings and the process's limit of open files.",
    () => admission.room.total,
  );
  counterOf(
    registry,
    "ovation_gateway_connections_refused_total",
    "TCP connections closed at once, by the limit that they exceeded: of the gateway (`total`), or of one address.",
    ["limit"],
    () => Object.entries(open.refused).map(([limit, count]) => [{ limit }, count]),
  );
  gauge(
    "limits_changed",
    "Limits that an operator has changed for a time, in place of the settings.",
    () => live.changed,
  );
  gauge("body_bytes", "Memory that bodies of HTTP requests use.", () => bodies.bytes);
  counter(
    "bodies_refused_total",
    "Bodies refused because others used all the memory for bodies.",
    () => bodies.refused,
  );
  counter(
    "arrivals_postponed_total",
    "Viewers told to come later because too many connected within a second.",
    () => admission.acceptRate.postponed,
  );
  gauge(
    "client_addresses",
    "Addresses that viewers are connected from.",
    () => admission.addressCount,
  );
  countsBy(
    registry,
    "ovation_gateway_rate_limited_total",
    "Requests refused because there were too many in too short a time, by limit.",
    "limit",
    RATE_NAMES,
    rates.refused,
  );
  gauge(
    "limited_clients",
    "Actors and addresses whose rates are tracked.",
    () => rates.clientCount,
  );
  counter(
    "limited_clients_forgotten_total",
    "Tracked actors and addresses that were forgotten early to make room.",
    () => rates.forgotten,
  );
  counter(
    "spending_sent_total",
    "What actors and addresses published, as reported to other gateways.",
    () => publishers.stats.sent,
  );
  counter(
    "spending_received_total",
    "What actors and addresses published, as reported by other gateways.",
    () => publishers.stats.received,
  );
  counter(
    "slowed_sent_total",
    "Events published in rooms in slow mode, as reported to other gateways.",
    () => rates.slowMode.stats.sent,
  );
  counter(
    "slowed_received_total",
    "Events published in rooms in slow mode, as reported by other gateways.",
    () => rates.slowMode.stats.received,
  );
  counter(
    "spending_unreadable_total",
    "Such reports of other gateways that could not be read.",
    () => rates.reports.stats.unreadable,
  );
}
