/** The overall state, and where time is spent. */
import {
  HOP,
  NUMBER,
  PER_SECOND,
  panel,
  quantiles,
  type Row,
  SECONDS,
  stat,
  totalBy,
  totals,
} from "./panel.ts";

export const overview: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      panel("Viewers", stat("short"), [
        {
          expr: "sum(ovation_gateway_websockets{$chosen}) + sum(ovation_gateway_event_streams{$chosen})",
          legend: "viewers",
        },
      ]),
      panel("Videos watched", stat("short"), [
        { expr: "max(ovation_dispatcher_table_videos{$deployment})", legend: "videos" },
      ]),
      panel("Events accepted", stat("ops"), totals({ events: "ovation_dispatcher_events_total" })),
      panel(
        "Deliveries",
        stat("ops"),
        totals({ deliveries: "ovation_gateway_events_delivered_total" }),
        "Events written to viewers, counted once for each viewer.",
      ),
      panel(
        "Delivery, p99",
        stat("s"),
        quantiles(HOP, { where: 'hop="delivery"' }).slice(1),
        "From publishing to the last socket of a group.",
      ),
      panel("Not ready", stat("short"), [
        { expr: "count(ovation_ready{$chosen} == 0) or vector(0)", legend: "processes" },
      ]),
      panel("Processes", NUMBER, [
        {
          expr: "count by (role, version) (ovation_build_info{$chosen})",
          legend: "{{role}} {{version}}",
        },
      ]),
      panel(
        "Conditions",
        NUMBER,
        [{ expr: "min by (condition) (ovation_condition{$chosen})", legend: "{{condition}}" }],
        "1: met everywhere; 0.5: a process has a warning; 0: a process is not ready because of it.",
      ),
    ],
  },
  {
    title: "Latency of hops",
    panels: [
      panel(
        "Hops, p50",
        SECONDS,
        quantiles(HOP, { by: "hop" }).slice(0, 1),
        "docs/metrics.md says where each begins and ends.",
      ),
      panel("Hops, p99", SECONDS, quantiles(HOP, { by: "hop" }).slice(1)),
      panel("Delivery", { kind: "heatmap", unit: "s" }, [
        {
          expr: `sum by (le) (increase(${HOP}_bucket{hop="delivery", $chosen}[$__rate_interval]))`,
          legend: "{{le}}",
        },
      ]),
      panel(
        "Publish requests answered",
        SECONDS,
        quantiles("ovation_gateway_publish_answer_duration_seconds"),
      ),
      panel(
        "Clock skew",
        PER_SECOND,
        [totalBy("hop", "ovation_hop_clock_skew_total")],
        "Messages received before they were sent: the machines' clocks differ.",
      ),
    ],
  },
];
