/** A run as text: its figures, with the goal, if any, and whether it is reached. */
import type { Figure, RunResult } from "./result.ts";

export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString("en-US");
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function isReached({ value, goal }: Figure): boolean | undefined {
  switch (goal?.relation) {
    case "≤":
      return value <= goal.value;
    case "≥":
      return value >= goal.value;
    case "=":
      return value === goal.value;
    case undefined:
      return undefined;
  }
}

export function goalText(figure: Figure): string {
  if (figure.goal === undefined) return "";
  const verdict = isReached(figure) === true ? "reached" : "missed";
  return `${verdict} (${figure.goal.relation} ${numberText(figure.goal.value)})`;
}

/** Columns as wide as their widest cell; the columns in `right` are right-aligned. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          right.includes(column)
            ? cell.padStart(widths[column] ?? 0)
            : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function tableOf(run: RunResult): string {
  const rows = run.figures.map((figure) => [
    figure.name,
    numberText(figure.value),
    figure.unit,
    goalText(figure),
  ]);
  const remarks = run.remarks.map((remark) => `- ${remark}`);
  return [`${run.scenario}: ${run.question}`, "", columns(rows, [1]), "", ...remarks].join("\n");
}
