/** The gateway's Prometheus metrics of what flows through it: publishes and frames. */
import type { Registry } from "prom-client";
import { countOf, gaugeOf, histogramOf } from "../shared/runtime/metrics.ts";
import type { FrameInterval } from "./delivery/frame-interval.ts";
import type { FrameScheduler } from "./delivery/frame-scheduler.ts";
import { PENDING_LIMIT } from "./publish/pending-limit.ts";
import type { Publisher } from "./publish/publisher.ts";
import type { Interest } from "./table/interest.ts";

interface Parts {
  readonly interest: Interest;
  readonly interval: FrameInterval;
  readonly scheduler: FrameScheduler;
}

export function registerPublishing(registry: Registry, publisher: Publisher): void {
  const { stats } = publisher.client;
  gaugeOf(
    registry,
    "ovation_gateway_publishes_waiting",
    "Events that wait for an earlier request of their video to be answered.",
    () => publisher.waiting,
  );
  gaugeOf(
    registry,
    "ovation_gateway_publishes_waiting_limit",
    "How many events may wait; more are refused.",
    () => PENDING_LIMIT,
  );
  gaugeOf(
    registry,
    "ovation_gateway_publishes_under_way",
    "Requests that wait for a dispatcher's answer.",
    () => publisher.client.underWay,
  );
  histogramOf(
    registry,
    "ovation_gateway_publish_request_events",
    "Events in one request to the dispatchers.",
    [],
    () => [[{}, stats.requestEvents]],
  );
  histogramOf(
    registry,
    "ovation_gateway_publish_answer_duration_seconds",
    "Time until a dispatcher answered such a request, or it failed; for durable events it includes storing.",
    [],
    () => [[{}, stats.answerSeconds]],
  );
}

export function registerFrames(registry: Registry, { interest, interval, scheduler }: Parts): void {
  const { frames } = interest.audienceStats;
  histogramOf(registry, "ovation_gateway_frame_events", "Events shown by a frame.", [], () => [
    [{}, frames.events],
  ]);
  histogramOf(
    registry,
    "ovation_gateway_frame_size_bytes",
    "Bytes of a frame, once for each group of viewers and wire.",
    ["wire"],
    () => Object.entries(frames.bytes).map(([wire, bytes]) => [{ wire }, bytes]),
  );
  histogramOf(
    registry,
    "ovation_gateway_frame_write_duration_seconds",
    "Time to write a frame to all viewers of a group; it blocks the event loop.",
    [],
    () => [[{}, frames.writeSeconds]],
  );
  gaugeOf(
    registry,
    "ovation_gateway_frame_interval_seconds",
    "The current frame interval.",
    () => interval.ms / 1_000,
  );
  gaugeOf(
    registry,
    "ovation_gateway_groups_queued",
    "Groups of viewers that wait for their frame.",
    () => scheduler.queuedGroups,
  );
  countOf(
    registry,
    "ovation_gateway_events_received_total",
    "Events received over the bus.",
    () => interest.audienceStats.received,
  );
  countOf(
    registry,
    "ovation_gateway_events_repeated_total",
    "Events left out because their id was received before.",
    () => interest.audienceStats.repeated,
  );
  gaugeOf(
    registry,
    "ovation_gateway_filters",
    "Different kinds filters that viewers have now, of all videos.",
    () => interest.audienceStats.filters,
  );
  countOf(
    registry,
    "ovation_gateway_messages_unreadable_total",
    "Messages from dispatchers that could not be read.",
    () => interest.unreadable,
  );
}
