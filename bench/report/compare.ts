/**
 * What changed between two results, and whether that exceeds the noise. Noise is known only from
 * repeated runs: Welch's t-test at 95 %, which allows a different spread on each side.
 */
import { readFileSync } from "node:fs";
import type { Figure, ResultFile } from "./result.ts";
import { columns, numberText } from "./table.ts";

type Verdict = "better" | "worse" | "changed" | "within noise" | "same" | "not judged";

export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  readonly verdict: Verdict;
}

/** Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom. */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];
const T_95_MANY = 1.96;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The variance of a sample's mean. */
function varianceOfMean(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return squares / (values.length - 1) / values.length;
}

/** Whether two samples differ by more than their spread explains; undefined if there is no spread. */
export function differs(one: readonly number[], other: readonly number[]): boolean | undefined {
  if (one.length < 2 || other.length < 2) return undefined;
  const [first, second] = [varianceOfMean(one), varianceOfMean(other)];
  const difference = Math.abs(mean(one) - mean(other));
  if (first + second === 0) return difference > 0;
  const freedom =
    (first + second) ** 2 / (first ** 2 / (one.length - 1) + second ** 2 / (other.length - 1));
  const limit = T_95[Math.max(1, Math.floor(freedom)) - 1] ?? T_95_MANY;
  return difference / Math.sqrt(first + second) > limit;
}

function verdictOf(
  better: Figure["better"],
  before: readonly number[],
  after: readonly number[],
): Verdict {
  const change = mean(after) - mean(before);
  if (change === 0) return "same";
  // Exact figures are right or wrong: one lost delivery is not noise.
  if (better === "exact") return mean(after) > mean(before) ? "worse" : "better";
  switch (differs(before, after)) {
    case undefined:
      return "not judged";
    case false:
      return "within noise";
    case true:
      if (better === "neither") return "changed";
      return change < 0 === (better === "lower") ? "better" : "worse";
  }
}

/** The values of each figure over the runs of a result, by scenario and name. */
function samplesOf({ runs }: ResultFile): Map<string, { figure: Figure; values: number[] }> {
  const samples = new Map<string, { figure: Figure; values: number[] }>();
  for (const { scenario, figures } of runs) {
    for (const figure of figures) {
      const name = `${scenario}: ${figure.name}`;
      const sample = samples.get(name) ?? { figure, values: [] };
      sample.values.push(figure.value);
      samples.set(name, sample);
    }
  }
  return samples;
}

export function compare(before: ResultFile, after: ResultFile): Comparison[] {
  const later = samplesOf(after);
  return [...samplesOf(before)].flatMap(([name, { figure, values }]) => {
    const other = later.get(name);
    if (other === undefined) return [];
    return {
      name,
      unit: figure.unit,
      before: mean(values),
      after: mean(other.values),
      verdict: verdictOf(figure.better, values, other.values),
    };
  });
}

function changeText({ before, after }: Comparison): string {
  if (before === 0) return after === 0 ? "" : "from nothing";
  const percent = ((after - before) / before) * 100;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
}

function read(path: string): ResultFile {
  // Written by this program; other formats are rejected below.
  const file = JSON.parse(readFileSync(path, "utf8")) as ResultFile;
  if (file.format !== 1) throw new Error(`${path} is not a result of this bench`);
  return file;
}

/** @param paths the earlier result and the later one */
export function compareFiles(paths: readonly string[]): string {
  const [first, second] = paths;
  if (first === undefined || second === undefined) throw new Error("compare needs two files");
  const [before, after] = [read(first), read(second)];
  const rows = compare(before, after).map((comparison) => [
    comparison.name,
    numberText(comparison.before),
    numberText(comparison.after),
    changeText(comparison),
    comparison.unit,
    comparison.verdict,
  ]);
  const about = ({ runs, build }: ResultFile) => `${build["commit"]}, ${runs.length} runs`;
  const warnings = [
    ...(JSON.stringify(before.machine) === JSON.stringify(after.machine)
      ? []
      : ["The machines differ: this comparison says nothing about a change of the code."]),
    ...(Math.min(before.runs.length, after.runs.length) > 1
      ? []
      : ["A single run doesn't show the noise: repeat both sides with --repeat."]),
  ];
  return [
    `A: ${first} (${about(before)})`,
    `B: ${second} (${about(after)})`,
    "",
    columns([["figure", "A", "B", "change", "unit", "verdict"], ...rows], [1, 2, 3]),
    "",
    ...warnings,
  ].join("\n");
}
