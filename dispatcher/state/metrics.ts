/** The metrics of state. */
import type { Registry } from "prom-client";
import { countOf, gaugeOf } from "../../shared/runtime/metrics.ts";
import type { EndedVideos } from "./ended-videos.ts";
import type { VideoStates } from "./video-states.ts";

export function registerStateMetrics(
  registry: Registry,
  states: VideoStates,
  ended: Pick<EndedVideos, "size">,
): void {
  const { stats } = states;
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_state_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_state_${name}`, help, read);
  counter("writes_total", "Writes of a video's state.", () => stats.writes);
  counter("changes_total", "Changes in them.", () => stats.changes);
  counter(
    "conflicts_total",
    "Writes that lost the race against another dispatcher's.",
    () => stats.conflicts,
  );
  counter("failures_total", "Failed attempts to use the store.", () => stats.failures);
  gauge("waiting_changes", "Changes that wait to be stored.", () => states.waiting);
  gauge("videos", "Videos whose state is remembered here.", () => states.videoCount);
  const name = "ovation_dispatcher_ended_videos";
  gaugeOf(registry, name, "Videos that have ended.", () => ended.size);
}
