/** The panels of the dashboard, row by row. `$chosen` stands for the processes that are. */

/** A line of a panel. */
export interface Query {
  readonly expr: string;
  /** What the line is called: `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly kind: "stat" | "timeseries" | "heatmap";
  /** Of Grafana: `s`, `bytes`, `short`, `ops` and so on. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const SECONDS = { kind: "timeseries", unit: "s" } as const;
const PER_SECOND = { kind: "timeseries", unit: "ops" } as const;
const NUMBER = { kind: "timeseries", unit: "short" } as const;
const BYTES = { kind: "timeseries", unit: "bytes" } as const;
const PER_PROCESS = "{{instance}}";

function rate(metric: string): string {
  return `rate(${metric}{$chosen}[$__rate_interval])`;
}

/** The sum over all processes, or by a label. */
function total(metric: string, by = ""): string {
  return by === "" ? `sum(${rate(metric)})` : `sum by (${by}) (${rate(metric)})`;
}

function quantiles(
  histogram: string,
  { by = "", where = "", of = "" }: { by?: string; where?: string; of?: string } = {},
): Query[] {
  const selector = where === "" ? "$chosen" : `${where}, $chosen`;
  const labels = by === "" ? "le" : `${by}, le`;
  const buckets = `sum by (${labels}) (rate(${histogram}_bucket{${selector}}[$__rate_interval]))`;
  const name = [of, by === "" ? "" : `{{${by}}}`].filter((part) => part !== "").join(" ");
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${buckets})`,
    legend: `${name} p${quantile * 100}`.trim(),
  }));
}

const HOP = "ovation_hop_duration_seconds";

export const rows: readonly Row[] = [
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
        description: "Events written to viewers, each viewer by itself.",
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
        description: "1: it is well; 0.5: a process has a warning; 0: one is not ready for it.",
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
        description: "Messages that came before they were sent: the clocks of the machines differ.",
        ...PER_SECOND,
        queries: [{ expr: total("ovation_hop_clock_skew_total", "hop"), legend: "{{hop}}" }],
      },
    ],
  },
  {
    title: "Audience",
    panels: [
      {
        title: "WebSockets",
        ...NUMBER,
        queries: [{ expr: "ovation_gateway_websockets{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Event streams",
        ...NUMBER,
        queries: [{ expr: "ovation_gateway_event_streams{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Connections",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_connections_opened_total"), legend: "opened" },
          { expr: total("ovation_gateway_connections_closed_total"), legend: "closed" },
        ],
      },
      {
        title: "WebSockets closed",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_websocket_closes_total", "reason"), legend: "{{reason}}" },
        ],
      },
      {
        title: "Videos and addresses",
        ...NUMBER,
        queries: [
          { expr: "ovation_gateway_videos{$chosen}", legend: "videos at {{instance}}" },
          {
            expr: "ovation_gateway_client_addresses{$chosen}",
            legend: "addresses at {{instance}}",
          },
        ],
      },
      {
        title: "Requests of viewers and backends",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_requests_total", "instance"), legend: PER_PROCESS },
        ],
      },
    ],
  },
  {
    title: "Frames",
    panels: [
      {
        title: "Frame interval",
        description: "It widens when the event loop is busy.",
        ...SECONDS,
        queries: [{ expr: "ovation_gateway_frame_interval_seconds{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Frames written",
        description: "Once for each viewer: this is what costs.",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_frames_sent_total", "instance"), legend: PER_PROCESS },
        ],
      },
      {
        title: "Bytes written",
        kind: "timeseries",
        unit: "Bps",
        queries: [
          { expr: total("ovation_gateway_bytes_sent_total", "instance"), legend: PER_PROCESS },
        ],
      },
      { title: "Events in a frame", ...NUMBER, queries: quantiles("ovation_gateway_frame_events") },
      {
        title: "Size of a frame",
        ...BYTES,
        queries: quantiles("ovation_gateway_frame_size_bytes", { by: "wire" }),
      },
      {
        title: "Time to write to a group",
        description: "The event loop does nothing else meanwhile.",
        ...SECONDS,
        queries: quantiles("ovation_gateway_frame_write_duration_seconds"),
      },
      {
        title: "Groups that wait for their frame",
        ...NUMBER,
        queries: [{ expr: "ovation_gateway_groups_queued{$chosen}", legend: PER_PROCESS }],
      },
    ],
  },
  {
    title: "Drops",
    panels: [
      {
        title: "Events not written to viewers",
        description: "They were told as counts; durable ones are sent later.",
        ...PER_SECOND,
        queries: [
          {
            expr: total("ovation_gateway_events_dropped_total", "class, reason"),
            legend: "{{class}}: {{reason}}",
          },
          { expr: total("ovation_gateway_events_sampled_total"), legend: "over a frame's bound" },
        ],
      },
      {
        title: "Events that came twice, and that nobody watched",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_events_repeated_total"), legend: "repeated" },
          { expr: total("ovation_dispatcher_unwatched_events_total"), legend: "unwatched" },
        ],
      },
      {
        title: "Not sent or not read",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_bus_publishes_refused_total"), legend: "not sent to NATS" },
          { expr: total("ovation_gateway_messages_unreadable_total"), legend: "unreadable" },
          { expr: total("ovation_dispatcher_answers_misdirected_total"), legend: "misdirected" },
        ],
      },
      {
        title: "Summaries to viewers that had missed frames",
        ...PER_SECOND,
        queries: [{ expr: total("ovation_gateway_summaries_sent_total"), legend: "summaries" }],
      },
    ],
  },
  {
    title: "Publishing and dispatchers",
    panels: [
      {
        title: "Requests taken",
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
            legend: "counts to be told, at {{instance}}",
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
        description: "The dispatchers' numbers are each the sum of the gateways'.",
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
        title: "Rows mended",
        description: "Reading the table whole found them wrong.",
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
        title: "Age of what is known",
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
          { expr: total("ovation_dispatcher_gateways_dead_total"), legend: "leases ended" },
          { expr: total("ovation_dispatcher_rows_swept_total"), legend: "rows swept" },
          { expr: total("ovation_gateway_lease_lost_total"), legend: "leases lost" },
        ],
      },
      {
        title: "Writes of rows",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_row_writes_total"), legend: "written" },
          { expr: total("ovation_gateway_row_write_failures_total"), legend: "failed" },
        ],
      },
      {
        title: "Reads that failed",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_table_read_failures_total"), legend: "table" },
          { expr: total("ovation_dispatcher_sweep_failures_total"), legend: "sweeps" },
          { expr: total("ovation_gateway_lease_failures_total"), legend: "lease renewals" },
        ],
      },
    ],
  },
  {
    title: "NATS",
    panels: [
      {
        title: "Connected",
        ...NUMBER,
        queries: [{ expr: "ovation_bus_connected{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Lost and back",
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
        title: "Requests under way",
        ...NUMBER,
        queries: [{ expr: "ovation_bus_requests_in_flight{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Faults",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_bus_permission_violations_total"), legend: "not permitted" },
          { expr: total("ovation_bus_handler_faults_total"), legend: "handlers failed" },
          { expr: total("ovation_bus_errors_total"), legend: "errors of NATS" },
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
        title: "Events that wait to be stored",
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
        title: "Tried again",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_dispatcher_history_conflicts_total"), legend: "conflicts" },
          { expr: total("ovation_dispatcher_history_failures_total"), legend: "failures" },
        ],
      },
      {
        title: "Reads of gateways",
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
  {
    title: "Overload",
    panels: [
      {
        title: "Level",
        description: "From 1 up, a gateway takes nobody new.",
        kind: "timeseries",
        unit: "percentunit",
        queries: [{ expr: "ovation_gateway_overload_level{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "How late the event loop is",
        ...SECONDS,
        queries: [
          { expr: "ovation_gateway_event_loop_delay_seconds{$chosen}", legend: PER_PROCESS },
        ],
      },
      {
        title: "Sent away",
        ...PER_SECOND,
        queries: [
          {
            expr: `sum by (code) (rate(ovation_gateway_refused_total{code=~"overloaded|connections_exceeded|draining", $chosen}[$__rate_interval]))`,
            legend: "{{code}}",
          },
        ],
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
        title: "Accounts of clients",
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
        title: "Certificates end in",
        description: "0 where no gateway has TLS of its own.",
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
        title: "Lag of the event loop, p99",
        ...SECONDS,
        queries: [{ expr: "nodejs_eventloop_lag_p99_seconds{$chosen}", legend: PER_PROCESS }],
      },
      {
        title: "Garbage collection",
        description: "Share of the time.",
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
