/** The metrics of moderation. */
import type { Registry } from "prom-client";
import type { Bans } from "../../shared/moderation/bans.ts";
import { countOf, countsBy, gaugeOf } from "../../shared/runtime/metrics.ts";
import { RECORDED_ACTS } from "./acts.ts";
import type { ModerationLog } from "./moderation-log.ts";
import type { Shadows } from "./shadows.ts";

export function registerModerationMetrics(
  registry: Registry,
  bans: Pick<Bans, "size">,
  { acts }: Pick<ModerationLog, "acts">,
  shadows: Pick<Shadows, "stats">,
): void {
  countsBy(
    registry,
    "ovation_dispatcher_moderation_acts_total",
    "What moderators did, by what it was.",
    "act",
    RECORDED_ACTS,
    acts,
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
