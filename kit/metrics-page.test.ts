import { expect, test } from "vitest";
import { counterOf, createRegistry } from "../shared/runtime/metrics.ts";
import { MetricsPage } from "./metrics-page.ts";

test("sums the values of a registry, over all label sets or those with a given label", async () => {
  const registry = createRegistry();
  counterOf(registry, "ovation_events_total", "Events.", ["class", "note"], () => [
    [{ class: "transient", note: 'a "quoted" } brace' }, 3],
    [{ class: "durable", note: "plain" }, 4],
  ]);
  counterOf(registry, "ovation_events_total_more", "Another one.", [], () => [[{}, 100]]);
  const page = new MetricsPage(await registry.metrics());
  expect(page.sum("ovation_events_total")).toBe(7);
  expect(page.sum('ovation_events_total{class="transient"}')).toBe(3);
  expect(page.sum('ovation_events_total{class="latest"}')).toBe(0);
  expect(page.sum("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(page.sum("none")).toBe(0);
  expect(page.has("none")).toBe(false);
  expect(page.has("ovation_events_total")).toBe(true);
});
