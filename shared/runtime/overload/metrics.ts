/** Prometheus metrics of a role's overload levels. */
import type { Registry } from "prom-client";
import { counterOf, gaugeOf, gaugesOf } from "../metrics.ts";
import type { ShedLevels } from "./shed-levels.ts";

/** @param prefix of the names, such as `ovation_gateway` */
export function registerShedLevels<Name extends string, Signal extends string>(
  registry: Registry,
  prefix: string,
  levels: ShedLevels<Name, Signal>,
): void {
  gaugeOf(
    registry,
    `${prefix}_overload_step`,
    "How many of the role's overload steps are in force; 0 is none.",
    () => levels.level,
  );
  const byStep = (name: string, help: string, read: (stats: Stats) => number) =>
    counterOf(registry, `${prefix}_overload_${name}`, help, ["step"], () =>
      levels.stats.map((stats, index) => [{ step: levels.steps[index]?.name ?? "" }, read(stats)]),
    );
  byStep("steps_taken_total", "Times a step was taken.", ({ taken }) => taken);
  byStep(
    "step_seconds_total",
    "Time for which a step has been in force.",
    ({ forMs }) => forMs / 1_000,
  );
  gaugesOf(
    registry,
    `${prefix}_overload_pressure`,
    "How close the process is to each of its limits; 1 is the limit.",
    ["signal"],
    () =>
      Object.entries<number>(levels.signals ?? {}).map(([signal, share]) => [{ signal }, share]),
  );
}

type Stats = ShedLevels<string, string>["stats"][number];
