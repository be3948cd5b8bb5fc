/** What reaches the screens, as some of the viewers report it. */
import { HOP, PER_SECOND, panel, quantiles, type Row, SECONDS, total, totals } from "./panel.ts";

const REPORTED = "By what some of the viewers report: docs/metrics.md, As viewers see it.";

export const reports: readonly Row[] = [
  {
    title: "As viewers see it",
    panels: [
      panel(
        "Until it is on the screen",
        SECONDS,
        [
          ...quantiles("ovation_viewer_latency_seconds", { of: "viewers", at: [0.5, 0.9, 0.99] }),
          ...quantiles(HOP, { where: 'hop="delivery"', of: "servers", at: [0.99] }),
        ],
        "Viewers' times begin at a dispatcher and end at the screen; those of the servers begin at the publish and end at the sockets.",
      ),
      panel(
        "Until it is on the screen, by class",
        SECONDS,
        quantiles("ovation_viewer_latency_seconds", { by: "class" }),
        REPORTED,
      ),
      panel(
        "Until a publish is answered",
        SECONDS,
        quantiles("ovation_viewer_publish_duration_seconds", { at: [0.5, 0.9, 0.99] }),
        REPORTED,
      ),
      panel(
        "Lost, repeated, failed",
        PER_SECOND,
        totals({
          "gaps in comments": "ovation_viewer_gaps_total",
          "came more than once": "ovation_viewer_events_repeated_total",
          "publishes failed": "ovation_viewer_publishes_failed_total",
        }),
        REPORTED,
      ),
      panel("Reconnects", PER_SECOND, [
        { expr: total("ovation_viewer_away_seconds_count"), legend: "reconnects" },
        ...totals({ "comments recovered": "ovation_viewer_events_recovered_total" }),
      ]),
      panel("Away", SECONDS, quantiles("ovation_viewer_away_seconds")),
      panel(
        "Error of the viewers' clocks",
        SECONDS,
        quantiles("ovation_viewer_clock_error_seconds"),
        "The most by which their latencies may be wrong: half of the shortest round trip.",
      ),
      panel(
        "Reports",
        PER_SECOND,
        totals({
          reports: "ovation_viewer_reports_total",
          "viewers asked": "ovation_viewer_reports_asked_total",
        }),
      ),
    ],
  },
];
