/** The metrics of moderation. */
import type { Registry } from "prom-client";
import { countOf, countsBy, gaugeOf } from "../../shared/runtime/metrics.ts";
import { RECORDED_ACTS } from "./acts.ts";
import type { Moderation } from "./moderation.ts";

export function registerModerationMetrics(
  registry: Registry,
  { bans, record, shadows }: Moderation,
): void {
  countsBy(
    registry,
    "ovation_dispatcher_moderation_acts_total",
    "What moderators did, by what it was.",
    "act",
    RECORDED_ACTS,
    record.acts,
  );
  countOf(
    registry,
    "ovation_dispatcher_shadow_events_total",
    "Events accepted that only their banned author sees.",
    () => shadows.stats.events,
  );
  gaugeOf(
    registry,
    "ovation_dispatcher_bans",
    "Bans that are known, those that ended in the last day included.",
    () => bans.size,
  );
}
