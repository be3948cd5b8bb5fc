/** A panel of the dashboard, and helpers for its queries. `$chosen` stands for the chosen processes. */

/** A line of a panel. */
export interface Query {
  readonly expr: string;
  /** The line's name, in which `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly kind: "stat" | "timeseries" | "heatmap";
  /** A unit of Grafana: `s`, `bytes`, `short`, `ops` and so on. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export const SECONDS = { kind: "timeseries", unit: "s" } as const;
export const PER_SECOND = { kind: "timeseries", unit: "ops" } as const;
export const NUMBER = { kind: "timeseries", unit: "short" } as const;
export const BYTES = { kind: "timeseries", unit: "bytes" } as const;
export const PER_PROCESS = "{{instance}}";

function rate(metric: string): string {
  return `rate(${metric}{$chosen}[$__rate_interval])`;
}

/** The sum over all processes, or by a label. */
export function total(metric: string, by = ""): string {
  return by === "" ? `sum(${rate(metric)})` : `sum by (${by}) (${rate(metric)})`;
}

export function quantiles(
  histogram: string,
  { by = "", where = "", of = "" }: { by?: string; where?: string; of?: string } = {},
): Query[] {
  const selector = where === "" ? "$chosen" : `${where}, $chosen`;
  const labels = by === "" ? "le" : `${by}, le`;
  const buckets = `sum by (${labels}) (rate(${histogram}_bucket{${selector}}[$__rate_interval]))`;
  const name = [of, by === "" ? "" : `{{${by}}}`].filter((part) => part !== "").join(" ");
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${buckets})`,
    legend: `${name} p${quantile * 100}`.trim(),
  }));
}

export const HOP = "ovation_hop_duration_seconds";
