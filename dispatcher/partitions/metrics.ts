/** The metrics of the partitions that a dispatcher serves. */
import type { Registry } from "prom-client";
import { counterOf, gaugeOf } from "../../shared/runtime/metrics.ts";
import type { QueueGroup } from "../requests/queue-group.ts";
import type { Assignment } from "./assignment.ts";

export function registerPartitionMetrics(
  registry: Registry,
  assignment: Pick<Assignment, "stats" | "peerCount">,
  queueGroup: Pick<QueueGroup, "served">,
): void {
  gaugeOf(
    registry,
    "ovation_dispatcher_partitions",
    "Partitions whose requests this dispatcher takes.",
    () => queueGroup.served.size,
  );
  gaugeOf(
    registry,
    "ovation_dispatcher_peers",
    "Other dispatchers that are heard of.",
    () => assignment.peerCount,
  );
  counterOf(
    registry,
    "ovation_dispatcher_partitions_moved_total",
    "Partitions that this dispatcher began or ceased to serve since it started.",
    ["change"],
    () => [
      [{ change: "gained" }, assignment.stats.gained],
      [{ change: "lost" }, assignment.stats.lost],
    ],
  );
}
