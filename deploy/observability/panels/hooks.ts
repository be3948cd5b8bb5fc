/** Webhooks: what is sent, and what waits. */
import { NUMBER, PER_SECOND, panel, type Row, SECONDS, total, totalBy, value } from "./panel.ts";

const BY_ENDPOINT = "{{endpoint}} {{instance}}";

export const hooks: readonly Row[] = [
  {
    title: "Webhooks",
    panels: [
      panel("Attempts to deliver", PER_SECOND, [
        totalBy("outcome", "ovation_hooks_attempts_total", "{{outcome}}"),
      ]),
      panel("Age of the oldest event that waits", SECONDS, [
        value("ovation_hooks_waiting_seconds", BY_ENDPOINT),
      ]),
      panel("Messages that wait", NUMBER, [value("ovation_hooks_waiting_messages", BY_ENDPOINT)]),
      panel("Dead letters", NUMBER, [value("ovation_hooks_dead_letters", BY_ENDPOINT)]),
      panel("Instances that work", NUMBER, [value("ovation_hooks_active")]),
      panel("Collected", PER_SECOND, [
        totalBy("source", "ovation_hooks_collected_total"),
        { expr: total("ovation_hooks_lost_total"), legend: "lost" },
      ]),
    ],
  },
];
