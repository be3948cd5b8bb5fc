/** Values of the last minute in a plot's format: one list of times, and one for each line. */

/** Undefined where there was nothing to measure. */
export type Point = readonly (number | undefined)[];

export class Trail {
  readonly #lines: number;
  readonly #spanMs: number;
  #times: number[] = [];
  #points: Point[] = [];

  /** @param lines how many values each point has */
  constructor(lines: number, spanMs: number) {
    this.#lines = lines;
    this.#spanMs = spanMs;
  }

  get newest(): Point | undefined {
    return this.#points.at(-1);
  }

  add(at: number, point: Point): void {
    this.#times.push(at);
    this.#points.push(point);
    const from = this.#times.findIndex((time) => time >= at - this.#spanMs);
    if (from > 0) {
      this.#times = this.#times.slice(from);
      this.#points = this.#points.slice(from);
    }
  }

  /** Times in seconds, then each line. */
  columns(): (number | null)[][] {
    const lines = Array.from({ length: this.#lines }, (_, line) =>
      this.#points.map((point) => point[line] ?? null),
    );
    return [this.#times.map((time) => time / 1_000), ...lines];
  }
}
