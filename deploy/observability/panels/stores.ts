/** What is kept of a video besides its history: totals, state and polls. */
import {
  BYTES,
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

export const stores: readonly Row[] = [
  {
    title: "Totals",
    panels: [
      panel("Videos waiting to be stored", NUMBER, [
        value("ovation_dispatcher_totals_waiting_videos"),
      ]),
      panel("Stored", PER_SECOND, [
        totalBy("store", "ovation_dispatcher_totals_writes_total", "{{store}}"),
      ]),
      panel(
        "Retries and losses",
        PER_SECOND,
        totals({
          conflicts: "ovation_dispatcher_totals_write_conflicts_total",
          failures: "ovation_dispatcher_totals_write_failures_total",
          "not counted": "ovation_dispatcher_totals_dropped_total",
          "outcome unknown": "ovation_dispatcher_totals_writes_unknown_total",
        }),
      ),
      panel(
        "Gateways' reads",
        PER_SECOND,
        totals({
          totals: "ovation_gateway_totals_reads_total",
          timelines: "ovation_gateway_timeline_reads_total",
          "totals failed": "ovation_gateway_totals_read_failures_total",
          "timelines failed": "ovation_gateway_timeline_read_failures_total",
        }),
      ),
    ],
  },
  {
    title: "State",
    panels: [
      panel("Videos with state", NUMBER, [value("ovation_dispatcher_state_videos")]),
      panel(
        "Changes",
        PER_SECOND,
        totals({
          changes: "ovation_dispatcher_state_changes_total",
          writes: "ovation_dispatcher_state_writes_total",
          conflicts: "ovation_dispatcher_state_conflicts_total",
          failures: "ovation_dispatcher_state_failures_total",
        }),
      ),
      panel(
        "Gateways' reads of state",
        PER_SECOND,
        totals({
          reads: "ovation_gateway_state_reads_total",
          failed: "ovation_gateway_state_read_failures_total",
        }),
      ),
    ],
  },
  {
    title: "Polls",
    panels: [
      panel("Open polls", NUMBER, [value("ovation_dispatcher_votes_open_polls")]),
      panel(
        "Votes",
        PER_SECOND,
        totals({
          stored: "ovation_dispatcher_votes_stored_total",
          repeats: "ovation_dispatcher_votes_repeats_total",
          conflicts: "ovation_dispatcher_votes_conflicts_total",
          failures: "ovation_dispatcher_votes_failures_total",
        }),
      ),
      panel("Votes waiting to be stored", NUMBER, [value("ovation_dispatcher_votes_waiting")]),
      panel(
        "Time to store votes",
        SECONDS,
        quantiles("ovation_dispatcher_votes_append_duration_seconds"),
      ),
      panel("Memory for votes", BYTES, [value("ovation_dispatcher_votes_bytes")]),
    ],
  },
];
