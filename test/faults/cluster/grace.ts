/** How long a pod has to stop, by the chart's default manifests. */
import { readFile } from "node:fs/promises";

const MANIFESTS = new URL("../../chart/snapshots/default.yaml", import.meta.url);

/** Milliseconds between SIGTERM, which follows `preStop`, and the end of the grace period. */
export async function graceMs(): Promise<number> {
  const text = await readFile(MANIFESTS, "utf8");
  const seconds = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`${pattern} is not in the chart's manifests`);
    return Number(found);
  };
  const period = seconds(/terminationGracePeriodSeconds: (\d+)/);
  return (period - seconds(/command: \[sleep, "(\d+)"\]/)) * 1_000;
}
