import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { Histogram } from "../lib/histogram.ts";
import { countOf, gaugeOf, histogramOf } from "./metrics.ts";
import { openMetricsPage } from "./open-metrics.ts";

test("a histogram is exposed in Prometheus's form: each bucket includes those below it", async () => {
  const registry = new Registry();
  const [msgpack, json] = [new Histogram([0.1, 1]), new Histogram([0.1, 1])];
  histogramOf(registry, "size_bytes", "Sizes.", ["wire"], () => [
    [{ wire: "msgpack" }, msgpack],
    [{ wire: "json" }, json],
  ]);
  // A bucket includes its bound.
  for (const value of [0.05, 0.1, 0.5, 7]) msgpack.observe(value);
  expect(await registry.metrics()).toBe(`# HELP size_bytes Sizes.
# TYPE size_bytes histogram
size_bytes_bucket{wire="msgpack",le="0.1"} 2
size_bytes_bucket{wire="msgpack",le="1"} 3
size_bytes_bucket{wire="msgpack",le="+Inf"} 4
size_bytes_sum{wire="msgpack"} 7.65
size_bytes_count{wire="msgpack"} 4
size_bytes_bucket{wire="json",le="0.1"} 0
size_bytes_bucket{wire="json",le="1"} 0
size_bytes_bucket{wire="json",le="+Inf"} 0
size_bytes_sum{wire="json"} 0
size_bytes_count{wire="json"} 0
`);
});

test("in OpenMetrics, a bucket has the newest recorded trace; Prometheus's own format stays as it is", async () => {
  const registry = new Registry();
  const seconds = new Histogram([0.1]);
  histogramOf(registry, "took_seconds", "Times.", ["hop"], () => [[{ hop: "a" }, seconds]]);
  countOf(registry, "done_total", "Done.", () => 3);
  gaugeOf(registry, "size", "Size.", () => 5);
  gaugeOf(registry, "size_total", "Whole size.", () => 8);
  const plain = await registry.metrics();
  seconds.observe(0.05, "0af7651916cd43dd8448eb211c80319c");
  seconds.observe(0.06, "4bf92f3577b34da6a3ce929d0e0e4736");
  seconds.observe(2);
  const page = await openMetricsPage(registry);
  expect(page.replace(/ [0-9.]+\n(?=took_seconds_bucket{hop="a",le="\+Inf)/, " NOW\n")).toBe(
    `# HELP took_seconds Times.
# TYPE took_seconds histogram
took_seconds_bucket{hop="a",le="0.1"} 2 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.06 NOW
took_seconds_bucket{hop="a",le="+Inf"} 3
took_seconds_sum{hop="a"} 2.11
took_seconds_count{hop="a"} 3
# HELP done Done.
# TYPE done counter
done_total 3
# HELP size Size.
# TYPE size gauge
size 5
# HELP size_total Whole size.
# TYPE size_total gauge
size_total 8
# EOF
`,
  );
  expect(plain).toContain("# TYPE done_total counter\ndone_total 3\n");
  expect(await registry.metrics()).toContain("# TYPE done_total counter\ndone_total 3\n");
  expect(await registry.metrics()).not.toContain("trace_id");
});
