/** Webhooks: what is sent, and what waits. */
import { NUMBER, PER_SECOND, panel, type Row, SECONDS, total, totalBy, value } from "./panel.ts";

const BY_ENDPOINT = "{{endpoint}} {{instance}}";

export const hooks: readonly Row[] = [
  {
    title: "Webhooks",
    panels: [
      panel(
        "Attempts to deliver",
        PER_SECOND,
        [totalBy("outcome", "ovation_hooks_attempts_total", "{{outcome}}")],
        "What endpoints answered to webhooks, by outcome; those that failed are tried again.",
      ),
      panel(
        "Age of the oldest event that waits",
        SECONDS,
        [value("ovation_hooks_waiting_seconds", BY_ENDPOINT)],
        "How far each endpoint is behind. It grows while one doesn't answer.",
      ),
      panel(
        "Messages that wait",
        NUMBER,
        [value("ovation_hooks_waiting_messages", BY_ENDPOINT)],
        "Messages in NATS that an endpoint has not got yet.",
      ),
      panel(
        "Dead letters",
        NUMBER,
        [value("ovation_hooks_dead_letters", BY_ENDPOINT)],
        "Webhooks that were given up; `ovation hooks dead` lists them.",
      ),
      panel(
        "Instances that work",
        NUMBER,
        [value("ovation_hooks_active")],
        "One of all instances works; the others wait to take over.",
      ),
      panel(
        "Collected",
        PER_SECOND,
        [
          totalBy("source", "ovation_hooks_collected_total"),
          { expr: total("ovation_hooks_lost_total"), legend: "lost" },
        ],
        "Events found by source, and those that NATS removed before an endpoint got them.",
      ),
    ],
  },
];
