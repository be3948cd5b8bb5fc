/** The shipped rules with shorter times, so that each alert can be waited for. */
import { readFileSync } from "node:fs";
import { RULES } from "../support/prometheus.ts";

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

function divided(amount: string, unit: string, factor: number): string {
  return `${Math.ceil((Number(amount) * SECONDS[unit as keyof typeof SECONDS]) / factor)}s`;
}

/** The rules, with every window and every `for` shorter by a factor. */
export function fasterRules(factor: number): string {
  return readFileSync(RULES, "utf8")
    .replaceAll(/\[(\d+)([smhd])\]/g, (_all, amount, unit) => `[${divided(amount, unit, factor)}]`)
    .replaceAll(
      /for: (\d+)([smhd])/g,
      (_all, amount, unit) => `for: ${divided(amount, unit, factor)}`,
    );
}
