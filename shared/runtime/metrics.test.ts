import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { Histogram } from "../lib/histogram.ts";
import { histogramOf } from "./metrics.ts";

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
