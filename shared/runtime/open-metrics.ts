/**
 * A registry's metrics in the format of OpenMetrics, which has exemplars: beside a histogram's bucket,
 * the id of a recorded trace (https://prometheus.io/docs/specs/om/open_metrics_spec/).
 */
import { Gauge, type Metric, Registry, type RegistryContentType } from "prom-client";

/** Its content type. */
export const OPENMETRICS = Registry.OPENMETRICS_CONTENT_TYPE;

/** The name of a counter's family, which its samples extend. */
const familyOf = (name: string) => name.replace(/_total$/, "");

/** A metric of another registry; prom-client renders it by the type that it reads. */
class MetricElsewhere extends Gauge {
  readonly #metric: Metric;

  constructor(
    registry: Registry<RegistryContentType>,
    family: string,
    help: string,
    metric: Metric,
  ) {
    super({ name: family, help, registers: [registry] });
    this.#metric = metric;
  }

  /** Called by the registry. */
  async getForPromString(): Promise<object> {
    const read = await this.#metric.get();
    return isCounter(read) ? { ...read, name: familyOf(read.name) } : read;
  }
}

/** A type is a text, though the package declares an enumeration of numbers. */
function isCounter({ type }: { readonly type: unknown }): boolean {
  return type === "counter";
}

/** Whether a scraper asks for it, by its `Accept`. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes("application/openmetrics-text") === true;
}

/**
 * The page. prom-client itself would rename the registry's counters for good, and so break the page of
 * those who ask for Prometheus's own format.
 */
export async function openMetricsPage(registry: Registry): Promise<string> {
  const view = new Registry<RegistryContentType>();
  view.setContentType(OPENMETRICS);
  for (const { name, help, type } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    // There are gauges with such an end too, of Node.js.
    const family = isCounter({ type }) ? familyOf(name) : name;
    if (metric !== undefined) new MetricElsewhere(view, family, help, metric);
  }
  return await view.metrics();
}
