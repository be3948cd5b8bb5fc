/** The connections to NATS, and what is stored there. */
import {
  BYTES,
  BYTES_PER_SECOND,
  NUMBER,
  PER_SECOND,
  panel,
  type Query,
  quantiles,
  type Row,
  SECONDS,
  SHARE,
  totalBy,
  totals,
  value,
} from "./panel.ts";

const STORE = "ovation_dispatcher_store_";

/** What dispatchers find of each store. */
function ofStore(sum: "min" | "max", what: string): Query {
  return { expr: `${sum} by (store) (${STORE}${what}{$chosen})`, legend: "{{store}}" };
}

export const nats: readonly Row[] = [
  {
    title: "NATS",
    panels: [
      panel("Connected", NUMBER, [value("ovation_bus_connected")]),
      panel(
        "Disconnects and reconnects",
        PER_SECOND,
        totals({ lost: "ovation_bus_disconnects_total", back: "ovation_bus_reconnects_total" }),
      ),
      panel("Messages", PER_SECOND, [
        totalBy("instance, direction", "ovation_bus_messages_total", "{{direction}}, {{instance}}"),
      ]),
      panel("Bytes", BYTES_PER_SECOND, [
        totalBy("instance, direction", "ovation_bus_bytes_total", "{{direction}}, {{instance}}"),
      ]),
      panel("Unconfirmed", BYTES, [value("ovation_bus_unconfirmed_bytes")]),
      panel("Requests in flight", NUMBER, [value("ovation_bus_requests_in_flight")]),
      panel(
        "Faults",
        PER_SECOND,
        totals({
          "not permitted": "ovation_bus_permission_violations_total",
          "handlers failed": "ovation_bus_handler_faults_total",
          "NATS errors": "ovation_bus_errors_total",
        }),
      ),
    ],
  },
  {
    title: "Stores at NATS",
    panels: [
      panel("Answer", NUMBER, [ofStore("min", "readable")]),
      panel(
        "Bytes, of the limit",
        SHARE,
        [
          {
            expr: `max by (store) (${STORE}bytes{$chosen}) / max by (store) (${STORE}limit_bytes{$chosen})`,
            legend: "{{store}}",
          },
        ],
        "At its limit, a store refuses what is new, or removes its oldest messages.",
      ),
      panel("Bytes", BYTES, [ofStore("max", "bytes")]),
      panel("Messages", NUMBER, [ofStore("max", "messages")]),
      panel(
        "Oldest message, of the age limit",
        SHARE,
        [
          {
            expr: `max by (store) (${STORE}oldest_seconds{$chosen}) / max by (store) (${STORE}age_limit_seconds{$chosen})`,
            legend: "{{store}}",
          },
        ],
        "A store that is full, and far below 1 here, removes its oldest messages before their time.",
      ),
      panel("Copies missing", NUMBER, [ofStore("max", "replicas_missing")]),
      panel(
        "Settings that fall short",
        NUMBER,
        [
          {
            expr: "max by (stream) (ovation_store_shortfalls{$chosen}) or vector(0)",
            legend: "{{stream}}",
          },
        ],
        "Settings of which a store keeps less than the processes' own say: `ovation store plan` names them.",
      ),
    ],
  },
  {
    title: "History",
    panels: [
      panel(
        "Time to store a record",
        SECONDS,
        quantiles("ovation_dispatcher_history_append_duration_seconds"),
      ),
      panel("Events in a record", NUMBER, quantiles("ovation_dispatcher_history_record_events")),
      panel("Events waiting to be stored", NUMBER, [
        value("ovation_dispatcher_history_waiting_events"),
      ]),
      panel(
        "Stored",
        PER_SECOND,
        totals({
          events: "ovation_dispatcher_history_events_total",
          records: "ovation_dispatcher_history_records_total",
          retractions: "ovation_dispatcher_history_retractions_total",
          repeats: "ovation_dispatcher_history_repeats_total",
        }),
      ),
      panel(
        "Retries",
        PER_SECOND,
        totals({
          conflicts: "ovation_dispatcher_history_conflicts_total",
          failures: "ovation_dispatcher_history_failures_total",
        }),
      ),
      panel("Gateways' reads", PER_SECOND, [
        totalBy("what", "ovation_gateway_history_reads_total"),
        ...totals({ failed: "ovation_gateway_history_read_failures_total" }),
      ]),
      panel(
        "Gaps and resets",
        PER_SECOND,
        totals({
          gaps: "ovation_gateway_gaps_total",
          "gaps not filled": "ovation_gateway_gaps_unfilled_total",
          resets: "ovation_gateway_history_resets_total",
        }),
      ),
      panel("Memory for histories", BYTES, [value("ovation_gateway_history_cache_bytes")]),
    ],
  },
];
