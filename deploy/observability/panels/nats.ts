/** The connections to NATS, and what is stored there. */
import {
  BYTES,
  NUMBER,
  PER_PROCESS,
  PER_SECOND,
  quantiles,
  type Row,
  SECONDS,
  total,
} from "./panel.ts";

export const nats: readonly Row[] = [
  {
    title: "NATS",
    panels: [
      {
        title: "Connected",
        ...NUMBER,
        queries: [{ expr: "ovation_bus_connected{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Disconnects and reconnects",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_bus_disconnects_total"), legend: "lost" },
          { expr: total("ovation_bus_reconnects_total"), legend: "back" },
        ],
      },
      {
        title: "Messages",
        ...PER_SECOND,
        queries: [
          {
            expr: total("ovation_bus_messages_total", "instance, direction"),
            legend: "{{direction}}, {{instance}}",
          },
        ],
      },
      {
        title: "Bytes",
        kind: "timeseries",
        unit: "Bps",
        queries: [
          {
            expr: total("ovation_bus_bytes_total", "instance, direction"),
            legend: "{{direction}}, {{instance}}",
          },
        ],
      },
      {
        title: "Unconfirmed",
        ...BYTES,
        queries: [{ expr: "ovation_bus_unconfirmed_bytes{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Requests in flight",
        ...NUMBER,
        queries: [{ expr: "ovation_bus_requests_in_flight{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Faults",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_bus_permission_violations_total"), legend: "not permitted" },
          { expr: total("ovation_bus_handler_faults_total"), legend: "handlers failed" },
          { expr: total("ovation_bus_errors_total"), legend: "NATS errors" },
        ],
      },
    ],
  },
  {
    title: "History",
    panels: [
      {
        title: "Time to store a record",
        ...SECONDS,
        queries: quantiles("ovation_dispatcher_history_append_duration_seconds"),
      },
      {
        title: "Events in a record",
        ...NUMBER,
        queries: quantiles("ovation_dispatcher_history_record_events"),
      },
      {
        title: "Events waiting to be stored",
        ...NUMBER,
        queries: [
          { expr: "ovation_dispatcher_history_waiting_events{$chosen}", legend: PER_PROCESS },
        ],
      },
      {
        title: "Stored",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_history_events_total"), legend: "events" },
          { expr: total("ovation_dispatcher_history_records_total"), legend: "records" },
          { expr: total("ovation_dispatcher_history_retractions_total"), legend: "retractions" },
          { expr: total("ovation_dispatcher_history_repeats_total"), legend: "repeats" },
        ],
      },
      {
        title: "Retries",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_history_conflicts_total"), legend: "conflicts" },
          { expr: total("ovation_dispatcher_history_failures_total"), legend: "failures" },
        ],
      },
      {
        title: "Gateways' reads",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_history_reads_total", "what"), legend: "{{what}}" },
          { expr: total("ovation_gateway_history_read_failures_total"), legend: "failed" },
        ],
      },
      {
        title: "Gaps and resets",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_gaps_total"), legend: "gaps" },
          { expr: total("ovation_gateway_gaps_unfilled_total"), legend: "gaps not filled" },
          { expr: total("ovation_gateway_history_resets_total"), legend: "resets" },
        ],
      },
      {
        title: "Memory for histories",
        ...BYTES,
        queries: [{ expr: "ovation_gateway_history_cache_bytes{$chosen}", legend: PER_PROCESS }],
      },
    ],
  },
];
