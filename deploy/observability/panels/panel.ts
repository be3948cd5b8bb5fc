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

type Style = Pick<Panel, "kind" | "unit">;

const over = (unit: string): Style => ({ kind: "timeseries", unit });
export const SECONDS = over("s");
export const PER_SECOND = over("ops");
export const NUMBER = over("short");
export const BYTES = over("bytes");
export const BYTES_PER_SECOND = over("Bps");
export const SHARE = over("percentunit");
/** The newest value, large. */
export const stat = (unit: string): Style => ({ kind: "stat", unit });

export function panel(
  title: string,
  style: Style,
  queries: readonly Query[],
  description?: string,
): Panel {
  return { title, ...(description === undefined ? {} : { description }), ...style, queries };
}

const PER_PROCESS = "{{instance}}";

/** A value of each process. */
export function value(metric: string, legend = PER_PROCESS): Query {
  return { expr: `${metric}{$chosen}`, legend };
}

/** The rate of a counter: the sum over all processes, or by labels. */
export function total(metric: string, by = ""): string {
  const rate = `rate(${metric}{$chosen}[$__rate_interval])`;
  return by === "" ? `sum(${rate})` : `sum by (${by}) (${rate})`;
}

/** A counter's rate by labels. */
export function totalBy(by: string, metric: string, legend = `{{${by}}}`): Query {
  return { expr: total(metric, by), legend };
}

/** The rates of several counters, by their legends. */
export function totals(metrics: Readonly<Record<string, string>>): Query[] {
  return Object.entries(metrics).map(([legend, metric]) => ({ expr: total(metric), legend }));
}

export function quantiles(
  histogram: string,
  {
    by = "",
    where = "",
    of = "",
    at = [0.5, 0.99],
  }: { by?: string; where?: string; of?: string; at?: readonly number[] } = {},
): Query[] {
  const selector = where === "" ? "$chosen" : `${where}, $chosen`;
  const labels = by === "" ? "le" : `${by}, le`;
  const buckets = `sum by (${labels}) (rate(${histogram}_bucket{${selector}}[$__rate_interval]))`;
  const name = [of, by === "" ? "" : `{{${by}}}`].filter((part) => part !== "").join(" ");
  return at.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${buckets})`,
    legend: `${name} p${quantile * 100}`.trim(),
  }));
}

export const HOP = "ovation_hop_duration_seconds";
