/** The figures of limits for Prometheus; refusals by error code are with those of connections. */
import type { Registry } from "prom-client";
import { counterOf, countOf, countsBy, gaugeOf } from "../../shared/runtime/metrics.ts";
import { registerLadder } from "../../shared/runtime/overload/metrics.ts";
import type { Admission } from "./admission.ts";
import type { BodyBudget } from "./body-budget.ts";
import { RATE_NAMES, type Rates } from "./rates.ts";

interface Parts {
  readonly admission: Admission;
  readonly bodies: BodyBudget;
  readonly rates: Rates;
}

export function registerLimitMetrics(
  registry: Registry,
  { admission, bodies, rates }: Parts,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_gateway_${name}`, help, read);
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_gateway_${name}`, help, read);
  const { overload } = admission;
  const { actors } = rates;
  gauge(
    "overload_level",
    "How near the gateway is to taking nobody new; 1 is there.",
    () => overload.level,
  );
  registerLadder(registry, "ovation_gateway", overload.levels);
  counterOf(
    registry,
    "ovation_gateway_overload_refused_total",
    "What was refused because of overload, or since the gateway was full: viewers, requests over HTTP, and requests to publish by the class of their events.",
    ["what"],
    () => Object.entries(overload.stats.refused).map(([what, count]) => [{ what }, count]),
  );
  counter(
    "overload_sampled_total",
    "Events told as counts only while frames held fewer of them because of overload.",
    () => overload.stats.sampledEvents,
  );
  gauge(
    "event_loop_delay_seconds",
    "How late the event loop or frames are on average, as overload is judged by.",
    () => overload.delayMs / 1_000,
  );
  gauge("body_bytes", "Memory for bodies of HTTP requests.", () => bodies.bytes);
  counter(
    "bodies_refused_total",
    "Bodies refused, since others took all the memory for them.",
    () => bodies.refused,
  );
  counter(
    "arrivals_postponed_total",
    "Viewers told to come later, since too many came within a second.",
    () => admission.arrivals.postponed,
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
