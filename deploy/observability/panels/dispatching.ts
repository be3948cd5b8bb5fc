/** From publishing to the gateways with viewers, and how dispatchers know these gateways. */
import {
  NUMBER,
  PER_SECOND,
  panel,
  quantiles,
  type Row,
  SECONDS,
  total,
  totalBy,
  totals,
  value,
} from "./panel.ts";

export const dispatching: readonly Row[] = [
  {
    title: "Publishing and dispatchers",
    panels: [
      panel("Requests accepted", PER_SECOND, [
        totalBy("instance", "ovation_dispatcher_requests_total"),
      ]),
      panel("Events accepted", PER_SECOND, [totalBy("class", "ovation_dispatcher_events_total")]),
      panel("Messages to gateways", PER_SECOND, [
        totalBy("instance", "ovation_dispatcher_messages_total"),
      ]),
      panel("Fan-out windows", PER_SECOND, [
        totalBy("instance", "ovation_dispatcher_fanout_windows_total"),
      ]),
      panel("Refused", PER_SECOND, [
        {
          expr: `${total("ovation_dispatcher_refused_total", "code")} > 0 or vector(0)`,
          legend: "{{code}}",
        },
      ]),
      panel("Events in a request", NUMBER, quantiles("ovation_gateway_publish_request_events")),
      panel("Waiting", NUMBER, [
        value("ovation_gateway_publishes_waiting", "to be published, at {{instance}}"),
        value("ovation_dispatcher_counts_pending", "counts to be sent, at {{instance}}"),
      ]),
    ],
  },
  {
    title: "Review before publish",
    panels: [
      panel("Verdicts", PER_SECOND, [
        totalBy("verdict", "ovation_dispatcher_review_verdicts_total"),
      ]),
      panel(
        "Failed requests",
        PER_SECOND,
        totals({ failed: "ovation_dispatcher_review_failures_total" }),
      ),
      panel("Paused", NUMBER, [value("ovation_dispatcher_review_paused")]),
    ],
  },
  {
    title: "Subscription table and leases",
    panels: [
      panel(
        "Rows",
        NUMBER,
        [
          value("ovation_dispatcher_table_rows", "seen by {{instance}}"),
          { expr: "sum(ovation_gateway_table_rows{$chosen})", legend: "of all gateways" },
        ],
        "Each dispatcher's number equals the sum of the gateways'.",
      ),
      panel(
        "Lag of the mirrors",
        SECONDS,
        quantiles("ovation_dispatcher_mirror_lag_seconds"),
        "From NATS to a dispatcher's memory.",
      ),
      panel(
        "Rows repaired",
        PER_SECOND,
        [
          totalBy("change", "ovation_dispatcher_mirror_mended_total", "mirror: {{change}}"),
          ...totals({ "by gateways": "ovation_gateway_rows_mended_total" }),
        ],
        "A full read of the table found them wrong.",
      ),
      panel("Age of the data", SECONDS, [
        value("ovation_dispatcher_table_read_age_seconds", "table, {{instance}}"),
      ]),
      panel("Leases", SECONDS, [
        value("ovation_gateway_lease_age_seconds", "of {{instance}}"),
        {
          expr: "max(ovation_dispatcher_lease_oldest_age_seconds{$chosen})",
          legend: "oldest, as dispatchers see it",
        },
      ]),
      panel(
        "Gateways that died, rows swept",
        PER_SECOND,
        totals({
          "leases expired": "ovation_dispatcher_gateways_dead_total",
          "rows swept": "ovation_dispatcher_rows_swept_total",
          "leases lost": "ovation_gateway_lease_lost_total",
        }),
      ),
      panel(
        "Row writes",
        PER_SECOND,
        totals({
          written: "ovation_gateway_row_writes_total",
          failed: "ovation_gateway_row_write_failures_total",
        }),
      ),
      panel(
        "Failed reads",
        PER_SECOND,
        totals({
          table: "ovation_dispatcher_table_read_failures_total",
          sweeps: "ovation_dispatcher_sweep_failures_total",
          "lease renewals": "ovation_gateway_lease_failures_total",
        }),
      ),
    ],
  },
];
