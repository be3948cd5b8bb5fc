/** The content of `/readyz` as Prometheus metrics. */
import type { Registry } from "prom-client";
import type { Role } from "../config/roles.ts";
import { gaugeOf, gaugesOf } from "./metrics.ts";
import type { Condition } from "./ops.ts";
import { VERSION } from "./version.ts";

/** Registers the build, the role, and whether the process can do its work. */
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
  gaugeOf(
    registry,
    "ovation_ready",
    "1 while /readyz says that the process can do its work.",
    () => (conditions().every(({ fault }) => fault === undefined) ? 1 : 0),
  );
  gaugesOf(
    registry,
    "ovation_condition",
    "State of each condition of /readyz: 1 is ok, 0.5 is a warning, 0 makes the process not ready.",
    ["condition"],
    () =>
      conditions().map(({ name, fault, warning }) => [
        { condition: name },
        fault !== undefined ? 0 : warning !== undefined ? 0.5 : 1,
      ]),
  );
}
