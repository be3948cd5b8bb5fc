/** What limits a process: load, quotas and the machine. */
import {
  BYTES,
  NUMBER,
  PER_SECOND,
  panel,
  type Row,
  SECONDS,
  SHARE,
  total,
  totalBy,
  totals,
  value,
} from "./panel.ts";

export const processes: readonly Row[] = [
  {
    title: "Overload",
    panels: [
      panel(
        "Level",
        SHARE,
        [value("ovation_gateway_overload_level")],
        "From 1 up, a gateway accepts no new viewers.",
      ),
      panel("Event loop delay", SECONDS, [value("ovation_gateway_event_loop_delay_seconds")]),
      panel("Viewers rejected", PER_SECOND, [
        {
          expr: `sum by (code) (rate(ovation_gateway_refused_total{code=~"overloaded|connections_exceeded|draining", $chosen}[$__rate_interval]))`,
          legend: "{{code}}",
        },
      ]),
      panel(
        "Active steps",
        NUMBER,
        [value("ovation_gateway_overload_step"), value("ovation_dispatcher_overload_step")],
        "How many of a role's steps against overload are active.",
      ),
      panel(
        "Pressure",
        SHARE,
        [
          {
            expr: "max by (signal) (ovation_gateway_overload_pressure{$chosen})",
            legend: "gateways: {{signal}}",
          },
          {
            expr: "max by (signal) (ovation_dispatcher_overload_pressure{$chosen})",
            legend: "dispatchers: {{signal}}",
          },
        ],
        "The load relative to each limit; from 1 up, load is shed.",
      ),
    ],
  },
  {
    title: "Drains and gateways that are cut off",
    panels: [
      panel(
        "Viewers sent to other gateways",
        PER_SECOND,
        totals({
          "by a drain": "ovation_gateway_viewers_dismissed_total",
          "by a cut-off": "ovation_gateway_cut_off_dismissed_total",
          "asked to retry later": "ovation_gateway_arrivals_postponed_total",
        }),
      ),
      panel("Cut off from NATS for", SECONDS, [value("ovation_gateway_cut_off_seconds")]),
    ],
  },
  {
    title: "Tokens, limits, TLS",
    panels: [
      panel("Refused", PER_SECOND, [
        {
          expr: `${total("ovation_gateway_refused_total", "code")} > 0 or vector(0)`,
          legend: "{{code}}",
        },
      ]),
      panel("Over a rate", PER_SECOND, [totalBy("limit", "ovation_gateway_rate_limited_total")]),
      panel("Tracked clients", NUMBER, [value("ovation_gateway_limited_clients")]),
      panel("Tickets and keys", PER_SECOND, [
        ...totals({
          "tickets issued": "ovation_gateway_tickets_issued_total",
          "tickets used": "ovation_gateway_tickets_used_total",
        }),
        {
          expr: `${total("ovation_gateway_key_fetch_failures_total")} or vector(0)`,
          legend: "key sets not fetched",
        },
      ]),
      panel(
        "Certificates expire in",
        SECONDS,
        [
          {
            expr: "(ovation_gateway_certificate_not_after_seconds{$chosen} - time()) or vector(0)",
            legend: "{{instance}}",
          },
        ],
        "0 when no gateway terminates TLS.",
      ),
    ],
  },
  {
    title: "Processes",
    panels: [
      panel("CPU", SHARE, [totalBy("instance", "process_cpu_seconds_total")]),
      panel("Memory", BYTES, [
        value("process_resident_memory_bytes"),
        value("nodejs_heap_size_used_bytes", "heap of {{instance}}"),
      ]),
      panel("Event loop lag, p99", SECONDS, [value("nodejs_eventloop_lag_p99_seconds")]),
      panel(
        "Garbage collection",
        SHARE,
        [totalBy("instance", "nodejs_gc_duration_seconds_sum")],
        "Share of time.",
      ),
      panel("Open files", NUMBER, [value("process_open_fds")]),
    ],
  },
];
