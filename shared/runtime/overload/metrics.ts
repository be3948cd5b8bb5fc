/** The figures of a role's steps of overload for Prometheus. */
import type { Registry } from "prom-client";
import { counterOf, gaugeOf, gaugesOf } from "../metrics.ts";
import type { ShedLevels } from "./shed-levels.ts";

/** @param prefix of the names, such as `ovation_gateway` */
export function registerLadder<Name extends string, Signal extends string>(
  registry: Registry,
  prefix: string,
  levels: ShedLevels<Name, Signal>,
): void {
  gaugeOf(
    registry,
    `${prefix}_overload_step`,
    "How many of the role's steps against overload are in force; 0 is none.",
    () => levels.level,
  );
  const byStep = (name: string, help: string, read: (stats: Stats) => number) =>
    counterOf(registry, `${prefix}_overload_${name}`, help, ["step"], () =>
      levels.stats.map((stats, index) => [{ step: levels.steps[index]?.name ?? "" }, read(stats)]),
    );
  byStep("steps_taken_total", "Times that a step was taken.", ({ taken }) => taken);
  byStep(
    "step_seconds_total",
    "For how long a step has been in force.",
    ({ forMs }) => forMs / 1_000,
  );
  gaugesOf(
    registry,
    `${prefix}_overload_pressure`,
    "How near the process is to each of its limits; 1 is the limit.",
    ["signal"],
    () =>
      Object.entries<number>(levels.signals ?? {}).map(([signal, share]) => [{ signal }, share]),
  );
}

type Stats = ShedLevels<string, string>["stats"][number];
