/** Viewers, what they are sent, and what is dropped. */
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

export const viewers: readonly Row[] = [
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
        description: "Counted once for each viewer; writes are the main cost.",
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
        title: "Groups waiting for their frame",
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
        description: "They were sent as counts; durable ones are sent later.",
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
        title: "Repeated and unwatched events",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_gateway_events_repeated_total"), legend: "repeated" },
          { expr: total("ovation_dispatcher_unwatched_events_total"), legend: "unwatched" },
        ],
      },
      {
        title: "Not sent or unreadable",
        ...PER_SECOND,
        queries: [
          { expr: total("ovation_bus_publishes_refused_total"), legend: "not sent to NATS" },
          { expr: total("ovation_gateway_messages_unreadable_total"), legend: "unreadable" },
          { expr: total("ovation_dispatcher_answers_misdirected_total"), legend: "misdirected" },
        ],
      },
      {
        title: "Summaries for viewers that missed frames",
        ...PER_SECOND,
        queries: [{ expr: total("ovation_gateway_summaries_sent_total"), legend: "summaries" }],
      },
    ],
  },
];
