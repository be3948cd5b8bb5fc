/** Reads the few metrics of gateways that a report needs. */
import { MetricsPage, readMetrics } from "../../kit/metrics-page.ts";
import type { ServerProcess } from "./system.ts";

const ANSWER_MS = 5_000;

/** The metrics of each gateway among the processes; none of one that does not answer. */
export async function gatewayMetrics(
  processes: readonly ServerProcess[],
): Promise<readonly MetricsPage[]> {
  const urls = processes.filter(({ kind }) => kind === "gateway").map((one) => one.metricsUrl);
  const none = new MetricsPage("");
  return await Promise.all(urls.map((url = "") => readMetrics(url, ANSWER_MS).catch(() => none)));
}
