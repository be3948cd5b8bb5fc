/** The overall state, and where time is spent. */
import { HOP, NUMBER, PER_SECOND, quantiles, type Row, SECONDS, total } from "./panel.ts";

export const overview: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      {
        title: "Viewers",
        kind: "stat",
        unit: "short",
        queries: [
          {
            expr: "sum(ovation_gateway_websockets{$chosen}) + sum(ovation_gateway_event_streams{$chosen})",
            legend: "viewers",
          },
        ],
      },
      {
        title: "Videos watched",
        kind: "stat",
        unit: "short",
        queries: [{ expr: "max(ovation_dispatcher_table_videos)", legend: "videos" }],
      },
      {
        title: "Events accepted",
        kind: "stat",
        unit: "ops",
        queries: [{ expr: total("ovation_dispatcher_events_total"), legend: "events" }],
      },
      {
        title: "Deliveries",
        description: "Events written to viewers, counted once for each viewer.",
        kind: "stat",
        unit: "ops",
        queries: [{ expr: total("ovation_gateway_events_delivered_total"), legend: "deliveries" }],
      },
      {
        title: "Delivery, p99",
        description: "From publishing to the last socket of a group.",
        kind: "stat",
        unit: "s",
        queries: quantiles(HOP, { where: 'hop="delivery"' }).slice(1),
      },
      {
        title: "Not ready",
        kind: "stat",
        unit: "short",
        queries: [{ expr: "count(ovation_ready{$chosen} == 0) or vector(0)", legend: "processes" }],
      },
      {
        title: "Processes",
        ...NUMBER,
        queries: [
          {
            expr: "count by (role, version) (ovation_build_info{$chosen})",
            legend: "{{role}} {{version}}",
          },
        ],
      },
      {
        title: "Conditions",
        description:
          "1: met everywhere; 0.5: a process has a warning; 0: a process is not ready because of it.",
        ...NUMBER,
        queries: [
          { expr: "min by (condition) (ovation_condition{$chosen})", legend: "{{condition}}" },
        ],
      },
    ],
  },
  {
    title: "Latency of hops",
    panels: [
      {
        title: "Hops, p50",
        description: "docs/metrics.md says where each begins and ends.",
        ...SECONDS,
        queries: quantiles(HOP, { by: "hop" }).slice(0, 1),
      },
      { title: "Hops, p99", ...SECONDS, queries: quantiles(HOP, { by: "hop" }).slice(1) },
      {
        title: "Delivery",
        kind: "heatmap",
        unit: "s",
        queries: [
          {
            expr: `sum by (le) (increase(${HOP}_bucket{hop="delivery", $chosen}[$__rate_interval]))`,
            legend: "{{le}}",
          },
        ],
      },
      {
        title: "Publish requests answered",
        ...SECONDS,
        queries: quantiles("ovation_gateway_publish_answer_duration_seconds"),
      },
      {
        title: "Clock skew",
        description: "Messages received before they were sent: the machines' clocks differ.",
        ...PER_SECOND,
        queries: [{ expr: total("ovation_hop_clock_skew_total", "hop"), legend: "{{hop}}" }],
      },
    ],
  },
];
