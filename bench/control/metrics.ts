/** Reads the few counters of the gateways' and dispatchers' metrics that a report needs. */

export type Metrics = ReadonlyMap<string, number>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)/;

/** Prometheus text as numbers by name, the label sets of a name added up. */
function parseMetrics(text: string): Metrics {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

const ANSWER_MS = 5_000;

/** The metrics at a URL; empty where nobody answers. */
export async function readMetrics(url: string | undefined): Promise<Metrics> {
  if (url === undefined) return new Map();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return parseMetrics(await response.text());
  } catch {
    return new Map();
  }
}
