/** What limits a process: load, quotas and the machine. */
import { BYTES, NUMBER, PER_PROCESS, PER_SECOND, type Row, SECONDS, total } from "./panel.ts";

export const processes: readonly Row[] = [
  {
    title: "Overload",
    panels: [
      {
        title: "Level",
        description: "From 1 up, a gateway accepts no new viewers.",
        kind: "timeseries",
        unit: "percentunit",
        queries: [{ expr: "ovation_gateway_overload_level{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Event loop delay",
        ...SECONDS,
        queries: [
          { expr: "ovation_gateway_event_loop_delay_seconds{$chosen}", legend: PER_PROCESS },
        ],
      },
      {
        title: "Viewers rejected",
        ...PER_SECOND,
        queries: [
          {
            expr: `sum by (code) (rate(ovation_gateway_refused_total{code=~"overloaded|connections_exceeded|draining", $chosen}[$__rate_interval]))`,
            legend: "{{code}}",
          },
        ],
      },
      {
        title: "Active steps",
        description: "How many of a role's steps against overload are active.",
        ...NUMBER,
        queries: [
          { expr: "ovation_gateway_overload_step{$chosen}", legend: PER_PROCESS },
          { expr: "ovation_dispatcher_overload_step{$chosen}", legend: PER_PROCESS },
        ],
      },
      {
        title: "Pressure",
        description: "The load relative to each limit; from 1 up, load is shed.",
        kind: "timeseries",
        unit: "percentunit",
        queries: [
          {
            expr: "max by (signal) (ovation_gateway_overload_pressure{$chosen})",
            legend: "gateways: {{signal}}",
          },
          {
            expr: "max by (signal) (ovation_dispatcher_overload_pressure{$chosen})",
            legend: "dispatchers: {{signal}}",
          },
        ],
      },
    ],
  },
  {
    title: "Drains and gateways that are cut off",
    panels: [
      {
        title: "Viewers sent to other gateways",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_viewers_dismissed_total"), legend: "by a drain" },
          { expr: total("ovation_gateway_cut_off_dismissed_total"), legend: "by a cut-off" },
          {
            expr: total("ovation_gateway_arrivals_postponed_total"),
            legend: "asked to retry later",
          },
        ],
      },
      {
        title: "Cut off from NATS for",
        ...SECONDS,
        queries: [{ expr: "ovation_gateway_cut_off_seconds{$chosen}", legend: PER_PROCESS }],
      },
    ],
  },
  {
    title: "Tokens, limits, TLS",
    panels: [
      {
        title: "Refused",
        ...PER_SECOND,
        queries: [
          {
            expr: `${total("ovation_gateway_refused_total", "code")} > 0 or vector(0)`,
            legend: "{{code}}",
          },
        ],
      },
      {
        title: "Over a rate",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_rate_limited_total", "limit"), legend: "{{limit}}" },
        ],
      },
      {
        title: "Tracked clients",
        ...NUMBER,
        queries: [{ expr: "ovation_gateway_limited_clients{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Tickets and keys",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_tickets_issued_total"), legend: "tickets issued" },
          { expr: total("ovation_gateway_tickets_used_total"), legend: "tickets used" },
          {
            expr: `${total("ovation_gateway_key_fetch_failures_total")} or vector(0)`,
            legend: "key sets not fetched",
          },
        ],
      },
      {
        title: "Certificates expire in",
        description: "0 when no gateway terminates TLS.",
        ...SECONDS,
        queries: [
          {
            expr: "(ovation_gateway_certificate_not_after_seconds{$chosen} - time()) or vector(0)",
            legend: PER_PROCESS,
          },
        ],
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        title: "CPU",
        kind: "timeseries",
        unit: "percentunit",
        queries: [{ expr: total("process_cpu_seconds_total", "instance"), legend: PER_PROCESS }],
      },
      {
        title: "Memory",
        ...BYTES,
        queries: [
          { expr: "process_resident_memory_bytes{$chosen}", legend: PER_PROCESS },
          { expr: "nodejs_heap_size_used_bytes{$chosen}", legend: "heap of {{instance}}" },
        ],
      },
      {
        title: "Event loop lag, p99",
        ...SECONDS,
        queries: [{ expr: "nodejs_eventloop_lag_p99_seconds{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Garbage collection",
        description: "Share of time.",
        kind: "timeseries",
        unit: "percentunit",
        queries: [
          { expr: total("nodejs_gc_duration_seconds_sum", "instance"), legend: PER_PROCESS },
        ],
      },
      {
        title: "Open files",
        ...NUMBER,
        queries: [{ expr: "process_open_fds{$chosen}", legend: PER_PROCESS }],
      },
    ],
  },
];
