/** The figures of a role's steps of overload for Prometheus. */
import { Gauge, type Registry } from "prom-client";
import { counterOf, gaugeOf } from "../metrics.ts";
import type { Ladder } from "./steps.ts";

/** @param prefix of the names, such as `ovation_gateway` */
export function registerLadder<Name extends string, Signal extends string>(
  registry: Registry,
  prefix: string,
  ladder: Ladder<Name, Signal>,
): void {
  gaugeOf(
    registry,
    `${prefix}_overload_step`,
    "How many of the role's steps against overload are in force; 0 is none.",
    () => ladder.level,
  );
  const byStep = (name: string, help: string, read: (stats: Stats) => number) =>
    counterOf(registry, `${prefix}_overload_${name}`, help, ["step"], () =>
      ladder.stats.map((stats, index) => [{ step: ladder.steps[index]?.name ?? "" }, read(stats)]),
    );
  byStep("steps_taken_total", "Times that a step was taken.", ({ taken }) => taken);
  byStep(
    "step_seconds_total",
    "For how long a step has been in force.",
    ({ forMs }) => forMs / 1_000,
  );
  new Gauge({
    name: `${prefix}_overload_pressure`,
    help: "How near the process is to each of its limits; 1 is the limit.",
    labelNames: ["signal"],
    registers: [registry],
    collect() {
      for (const [signal, share] of Object.entries<number>(ladder.signals ?? {})) {
        this.set({ signal }, share);
      }
    },
  });
}

type Stats = Ladder<string, string>["stats"][number];
