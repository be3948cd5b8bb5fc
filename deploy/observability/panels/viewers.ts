/** Viewers, what they are sent, and what is dropped. */
import {
  BYTES,
  BYTES_PER_SECOND,
  NUMBER,
  PER_SECOND,
  panel,
  quantiles,
  type Row,
  SECONDS,
  totalBy,
  totals,
  value,
} from "./panel.ts";

export const viewers: readonly Row[] = [
  {
    title: "Audience",
    panels: [
      panel("WebSockets", NUMBER, [value("ovation_gateway_websockets")]),
      panel("Event streams", NUMBER, [value("ovation_gateway_event_streams")]),
      panel(
        "Connections",
        PER_SECOND,
        totals({
          opened: "ovation_gateway_connections_opened_total",
          closed: "ovation_gateway_connections_closed_total",
        }),
      ),
      panel("WebSockets closed", PER_SECOND, [
        totalBy("reason", "ovation_gateway_websocket_closes_total"),
      ]),
      panel("Videos and addresses", NUMBER, [
        value("ovation_gateway_videos", "videos at {{instance}}"),
        value("ovation_gateway_client_addresses", "addresses at {{instance}}"),
      ]),
      panel("Requests of viewers and backends", PER_SECOND, [
        totalBy("instance", "ovation_gateway_requests_total"),
      ]),
    ],
  },
  {
    title: "Frames",
    panels: [
      panel(
        "Frame interval",
        SECONDS,
        [value("ovation_gateway_frame_interval_seconds")],
        "It widens when the event loop is busy.",
      ),
      panel(
        "Frames written",
        PER_SECOND,
        [totalBy("instance", "ovation_gateway_frames_sent_total")],
        "Counted once for each viewer; writes are the main cost.",
      ),
      panel("Bytes written", BYTES_PER_SECOND, [
        totalBy("instance", "ovation_gateway_bytes_sent_total"),
      ]),
      panel("Events in a frame", NUMBER, quantiles("ovation_gateway_frame_events")),
      panel(
        "Size of a frame",
        BYTES,
        quantiles("ovation_gateway_frame_size_bytes", { by: "wire" }),
      ),
      panel(
        "Time to write to a group",
        SECONDS,
        quantiles("ovation_gateway_frame_write_duration_seconds"),
        "The event loop does nothing else meanwhile.",
      ),
      panel("Groups waiting for their frame", NUMBER, [value("ovation_gateway_groups_queued")]),
    ],
  },
  {
    title: "Drops",
    panels: [
      panel(
        "Events not written to viewers",
        PER_SECOND,
        [
          totalBy("class, reason", "ovation_gateway_events_dropped_total", "{{class}}: {{reason}}"),
          ...totals({ "over a frame's bound": "ovation_gateway_events_sampled_total" }),
        ],
        "They were sent as counts; durable ones are sent later.",
      ),
      panel(
        "Repeated and unwatched events",
        PER_SECOND,
        totals({
          repeated: "ovation_gateway_events_repeated_total",
          unwatched: "ovation_dispatcher_unwatched_events_total",
        }),
      ),
      panel(
        "Not sent or unreadable",
        PER_SECOND,
        totals({
          "not sent to NATS": "ovation_bus_publishes_refused_total",
          unreadable: "ovation_gateway_messages_unreadable_total",
          misdirected: "ovation_dispatcher_answers_misdirected_total",
        }),
      ),
      panel(
        "Summaries for viewers that missed frames",
        PER_SECOND,
        totals({ summaries: "ovation_gateway_summaries_sent_total" }),
      ),
    ],
  },
];
