/** The figures of limits for Prometheus; refusals by error code are with those of connections. */
import type { Registry } from "prom-client";
import { counterOf, countsBy, gaugeOf } from "../../shared/metrics.ts";
import type { Admission } from "./admission.ts";
import { RATE_NAMES, type Rates } from "./rates.ts";

interface Parts {
  readonly admission: Admission;
  readonly rates: Rates;
}

export function registerLimitMetrics(registry: Registry, { admission, rates }: Parts): void {
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_gateway_${name}`, help, read);
  const counter = (name: string, help: string, read: () => number) =>
    counterOf(registry, `ovation_gateway_${name}`, help, [], () => [[{}, read()]]);
  const { overload } = admission;
  const { actors } = rates;
  gauge(
    "overload_level",
    "How near the gateway is to its bounds; from 1 up it takes nobody new.",
    () => overload.level,
  );
  gauge(
    "event_loop_delay_seconds",
    "How late the event loop is on average, as overload is judged by.",
    () => overload.delayMs / 1_000,
  );
  gauge(
    "client_addresses",
    "Addresses that viewers are connected from.",
    () => admission.addressCount,
  );
  countsBy(
    registry,
    "ovation_gateway_rate_limited_total",
    "Requests refused as too many in too short a time, by limit.",
    "limit",
    RATE_NAMES,
    rates.refused,
  );
  gauge("limited_clients", "Actors and addresses kept account of.", () => rates.clientCount);
  counter(
    "limited_clients_forgotten_total",
    "Accounts let go of before their time, for want of room.",
    () => rates.forgotten,
  );
  counter(
    "spending_told_total",
    "Events of actors that other gateways were told of.",
    () => actors.stats.told,
  );
  counter(
    "spending_heard_total",
    "Events of actors that other gateways told of.",
    () => actors.stats.heard,
  );
  counter(
    "spending_unreadable_total",
    "Messages of other gateways on that which could not be read.",
    () => actors.stats.unreadable,
  );
}
