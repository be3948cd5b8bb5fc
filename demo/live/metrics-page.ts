/**
 * Parses what a process serves at `/metrics`, in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;

interface Sample {
  readonly labels: string;
  readonly value: number;
}

export class MetricsPage {
  readonly #samples: ReadonlyMap<string, readonly Sample[]>;

  constructor(text: string) {
    const samples = new Map<string, Sample[]>();
    for (const line of text.split("\n")) {
      const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (name === undefined) continue;
      const found = samples.get(name) ?? [];
      samples.set(name, found);
      found.push({ labels, value: Number(value) });
    }
    this.#samples = samples;
  }

  /**
   * The sum over all label sets; 0 when there is none.
   * @param label sums only the sets that have it, such as `class="transient"`
   */
  sum(name: string, label = ""): number {
    const samples = this.#samples.get(name) ?? [];
    return samples
      .filter(({ labels }) => labels.includes(label))
      .reduce((sum, { value }) => sum + value, 0);
  }
}
