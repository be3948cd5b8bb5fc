/** Whether a figure stays flat. */

export interface Course {
  /** Medians of the second, third and last quarter of the time; the first is for warm-up. */
  readonly medians: readonly [second: number, third: number, last: number];
  /** The last quarter's median as a share of the second's. */
  readonly growth: number;
}

/** @throws Error with fewer than 8 values, too few to judge */
export function courseOf(values: readonly number[]): Course {
  if (values.length < 8) throw new Error(`${values.length} values are too few to see a trend`);
  const quarter = Math.floor(values.length / 4);
  const median = (number: number): number => {
    const part = values.slice(number * quarter, (number + 1) * quarter).sort((a, b) => a - b);
    return part[Math.floor(part.length / 2)] ?? 0;
  };
  const medians = [median(1), median(2), median(3)] as const;
  return { medians, growth: medians[2] / medians[0] };
}
