/** A plan for the stores in words. */
import type { StoreStep } from "../../shared/bus/store-plan.ts";

const NANOS_OF_MS = 1_000_000;
/** Ages are in nanoseconds at NATS, and in milliseconds in our settings. */
const AGES: readonly string[] = ["max_age", "duplicate_window"];

function valueText(setting: string, value: unknown): string {
  if (AGES.includes(setting) && typeof value === "number") {
    return value === 0 ? "forever" : `${value / NANOS_OF_MS} ms`;
  }
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "unset");
}

const ACTIONS = {
  create: "create",
  change: "change",
  recreate: "delete, and create empty",
} as const;

/** One line: the stream, what is done, and each setting. */
export function stepText({ stream, action, changes }: StoreStep): string {
  const settings = changes.map(
    ({ setting, from, to }) => `${setting} ${valueText(setting, from)} → ${valueText(setting, to)}`,
  );
  const what = settings.length === 0 ? "" : `: ${settings.join(", ")}`;
  return `${ACTIONS[action]} ${stream}${what}`;
}

export function planText(steps: readonly StoreStep[]): string {
  if (steps.length === 0) return "The stores are as the settings say.";
  const lines = steps.flatMap((step) => [
    stepText(step),
    ...step.losses.map((loss) => `    loses ${loss}`),
  ]);
  return lines.join("\n");
}

/** Why nothing is done. */
export function lossText(steps: readonly StoreStep[]): string {
  const streams = steps.filter(({ losses }) => losses.length > 0).map(({ stream }) => stream);
  return `This would lose what ${streams.join(", ")} keep${streams.length === 1 ? "s" : ""}: repeat it with --allow-loss if that is intended.`;
}
