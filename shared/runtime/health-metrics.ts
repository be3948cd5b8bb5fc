/** What `/readyz` tells, for Prometheus as well. */
import type { Registry } from "prom-client";
import type { Role } from "../config/roles.ts";
import { gaugeOf, gaugesOf } from "./metrics.ts";
import type { Condition } from "./ops.ts";
import { VERSION } from "./version.ts";

/** Which build of which role it is, and whether it can do its work. */
export function registerHealth(
  registry: Registry,
  role: Role,
  conditions: () => readonly Condition[],
): void {
  gaugesOf(
    registry,
    "ovation_build_info",
    "1, with the role and the version of the process.",
    ["role", "version"],
    () => [[{ role, version: VERSION }, 1]],
  );
  gaugeOf(registry, "ovation_ready", "1 while /readyz says that it can do its work.", () =>
    conditions().every(({ fault }) => fault === undefined) ? 1 : 0,
  );
  gaugesOf(
    registry,
    "ovation_condition",
    "How each condition of /readyz stands: 1 it is well, 0.5 with a warning, 0 not ready for it.",
    ["condition"],
    () =>
      conditions().map(({ name, fault, warning }) => [
        { condition: name },
        fault !== undefined ? 0 : warning !== undefined ? 0.5 : 1,
      ]),
  );
}
