/** Reads the few metrics of gateways and dispatchers that a report needs. */

export type Metrics = ReadonlyMap<string, number>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)/;

/** Parses Prometheus text into numbers by name, summed over label sets. */
function parseMetrics(text: string): Metrics {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

const ANSWER_MS = 5_000;

/** The metrics at a URL; empty without an answer. */
export async function readMetrics(url: string | undefined): Promise<Metrics> {
  if (url === undefined) return new Map();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return parseMetrics(await response.text());
  } catch {
    return new Map();
  }
}
