/** From publishing to the gateways with viewers, and how dispatchers know these gateways. */
import { NUMBER, PER_PROCESS, PER_SECOND, quantiles, type Row, SECONDS, total } from "./panel.ts";

export const dispatching: readonly Row[] = [
  {
    title: "Publishing and dispatchers",
    panels: [
      {
        title: "Requests accepted",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_requests_total", "instance"), legend: PER_PROCESS },
        ],
      },
      {
        title: "Events accepted",
        ...PER_SECOND,
        queries: [{ expr: total("ovation_dispatcher_events_total", "class"), legend: "{{class}}" }],
      },
      {
        title: "Messages to gateways",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_messages_total", "instance"), legend: PER_PROCESS },
        ],
      },
      {
        title: "Refused",
        ...PER_SECOND,
        queries: [
          {
            expr: `${total("ovation_dispatcher_refused_total", "code")} > 0 or vector(0)`,
            legend: "{{code}}",
          },
        ],
      },
      {
        title: "Events in a request",
        ...NUMBER,
        queries: quantiles("ovation_gateway_publish_request_events"),
      },
      {
        title: "Waiting",
        ...NUMBER,
        queries: [
          {
            expr: "ovation_gateway_publishes_waiting{$chosen}",
            legend: "to be published, at {{instance}}",
          },
          {
            expr: "ovation_dispatcher_counts_pending{$chosen}",
            legend: "counts to be sent, at {{instance}}",
          },
        ],
      },
    ],
  },
  {
    title: "Subscription table and leases",
    panels: [
      {
        title: "Rows",
        description: "Each dispatcher's number equals the sum of the gateways'.",
        ...NUMBER,
        queries: [
          { expr: "ovation_dispatcher_table_rows{$chosen}", legend: "seen by {{instance}}" },
          { expr: "sum(ovation_gateway_table_rows{$chosen})", legend: "of all gateways" },
        ],
      },
      {
        title: "Lag of the mirrors",
        description: "From NATS to a dispatcher's memory.",
        ...SECONDS,
        queries: quantiles("ovation_dispatcher_mirror_lag_seconds"),
      },
      {
        title: "Rows repaired",
        description: "A full read of the table found them wrong.",
        ...PER_SECOND,
        queries: [
          {
            expr: total("ovation_dispatcher_mirror_mended_total", "change"),
            legend: "mirror: {{change}}",
          },
          { expr: total("ovation_gateway_rows_mended_total"), legend: "by gateways" },
        ],
      },
      {
        title: "Age of the data",
        ...SECONDS,
        queries: [
          {
            expr: "ovation_dispatcher_table_read_age_seconds{$chosen}",
            legend: "table, {{instance}}",
          },
        ],
      },
      {
        title: "Leases",
        ...SECONDS,
        queries: [
          { expr: "ovation_gateway_lease_age_seconds{$chosen}", legend: "of {{instance}}" },
          {
            expr: "max(ovation_dispatcher_lease_oldest_age_seconds{$chosen})",
            legend: "oldest, as dispatchers see it",
          },
        ],
      },
      {
        title: "Gateways that died, rows swept",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_gateways_dead_total"), legend: "leases expired" },
          { expr: total("ovation_dispatcher_rows_swept_total"), legend: "rows swept" },
          { expr: total("ovation_gateway_lease_lost_total"), legend: "leases lost" },
        ],
      },
      {
        title: "Row writes",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_row_writes_total"), legend: "written" },
          { expr: total("ovation_gateway_row_write_failures_total"), legend: "failed" },
        ],
      },
      {
        title: "Failed reads",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_table_read_failures_total"), legend: "table" },
          { expr: total("ovation_dispatcher_sweep_failures_total"), legend: "sweeps" },
          { expr: total("ovation_gateway_lease_failures_total"), legend: "lease renewals" },
        ],
      },
    ],
  },
];
