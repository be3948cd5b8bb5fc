/**
 * Reads what a process serves at `/metrics`, in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;

interface Sample {
  readonly labels: string;
  readonly value: number;
}

export class MetricsPage {
  readonly #samples = new Map<string, Sample[]>();

  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (name === undefined) continue;
      const found = this.#samples.get(name) ?? [];
      this.#samples.set(name, found);
      found.push({ labels, value: Number(value) });
    }
  }

  /** Whether there is a sample of this metric. It is named as for {@link sum}. */
  has(metric: string): boolean {
    return this.#find(metric).length > 0;
  }

  /**
   * The sum over all label sets; 0 when there is none.
   * @param metric a name, or `name{class="transient"}` for only the sets that have this label
   */
  sum(metric: string): number {
    return this.#find(metric).reduce((sum, { value }) => sum + value, 0);
  }

  #find(metric: string): readonly Sample[] {
    const [name = "", label = ""] = metric.split(/[{}]/);
    return this.#samples.get(name)?.filter(({ labels }) => labels.includes(label)) ?? [];
  }
}

/**
 * The metrics of a running process.
 * @throws when it does not answer within `answerMs`
 */
export async function readMetrics(url: string, answerMs = 30_000): Promise<MetricsPage> {
  // A connection of its own: one that was kept may be closed by the other side just as it is used again.
  const headers = { connection: "close" };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMs) });
  return new MetricsPage(await response.text());
}
