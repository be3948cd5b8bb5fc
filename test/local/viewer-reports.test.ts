/** What viewers report: whom a gateway asks, what it accepts, and what becomes of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Gateway } from "../../gateway/gateway.ts";
import { REPORT_BOUNDS_MS } from "../../shared/protocol/wire/viewer-report.ts";
import { eventually } from "../support/eventually.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

let stack: TestStack;
/** It asks everyone, and wants a report an hour: an early one is early on any machine. */
let hourly: Gateway;
beforeAll(async () => {
  stack = await TestStack.start({ gateways: 0 });
  hourly = await stack.addGateway({ viewerReportsOneIn: 1, viewerReportsIntervalMs: 3_600_000 });
});
afterAll(async () => {
  await stack?.stop();
});

/** Connects, and returns the answer with the connection. */
async function opened({ port }: Gateway) {
  const viewer = await TestSocket.open(port);
  return { viewer, answer: await viewer.ask("connect") };
}

/** A distribution with so many events in each of the named buckets. */
function distribution(sumMs: number, buckets: Readonly<Record<number, number>>) {
  const counts = [...REPORT_BOUNDS_MS, Number.POSITIVE_INFINITY].map(
    (_, bucket) => buckets[bucket] ?? 0,
  );
  return { counts, sumMs };
}

test.each([
  [3, [true, false, false, true, false, false, true]],
  [1, [true, true, true]],
  [0, [false, false, false]],
])("of the viewers, one in %i is asked, the first one among them", async (oneIn, expected) => {
  const gateway = await stack.addGateway({ viewerReportsOneIn: oneIn });
  const asked: boolean[] = [];
  for (const _ of expected) {
    const { viewer, answer } = await opened(gateway);
    asked.push(answer["report"] !== undefined);
    await viewer.close();
  }
  expect(asked).toEqual(expected);
  const count = expected.filter((is) => is).length;
  expect(await metric(gateway, "ovation_viewer_reports_asked_total")).toBe(count);
});

test("a viewer who wasn't asked is refused, and stays connected", async () => {
  const { viewer } = await opened(await stack.addGateway({ viewerReportsOneIn: 0 }));
  expect(await viewer.ask("report", { missed: 1 })).toMatchObject({ code: "report_unwanted" });
  expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
  await viewer.close();
});

test("reports add up in the metrics, in the buckets that the gateway asked for", async () => {
  const before = Date.now();
  for (const repeated of [2, 3]) {
    const { viewer, answer } = await opened(hourly);
    expect(answer).toMatchObject({ report: { everyMs: 3_600_000, boundsMs: REPORT_BOUNDS_MS } });
    const report = {
      transient: distribution(700, { 2: 10, 3: 4 }),
      durable: distribution(90_000, { 13: 1 }),
      published: distribution(30, { 1: 2 }),
      clockErrorMs: 7,
      awayMs: 2_400,
      missed: 1,
      repeated,
      recovered: 1_000,
      failed: 0,
    };
    const result = await viewer.ask("report", report);
    expect(result["now"]).toBeGreaterThanOrEqual(before);
    expect(result["now"]).toBeLessThanOrEqual(Date.now());
    await viewer.close();
  }
  const value = (name: string) => metric(hourly, `ovation_viewer_${name}`);
  const histogram = async (name: string, label = "") =>
    Promise.all(["count", "sum"].map((part) => value(`${name}_${part}${label}`)));
  expect(await histogram("latency_seconds", '{class="transient"}')).toEqual([28, 1.4]);
  expect(await histogram("latency_seconds", '{class="durable"}')).toEqual([2, 180]);
  expect(await value('latency_seconds_bucket{le="0.05"}')).toBe(20);
  expect(await histogram("publish_duration_seconds")).toEqual([4, 0.06]);
  expect(await histogram("away_seconds")).toEqual([2, 4.8]);
  expect(await histogram("clock_error_seconds")).toEqual([2, 0.014]);
  expect(await value("reports_total")).toBe(2);
  expect(await value("gaps_total")).toBe(2);
  expect(await value("events_repeated_total")).toBe(5);
  expect(await value("events_recovered_total")).toBe(2_000);
  expect(await value("publishes_failed_total")).toBe(0);
});

const FINE = distribution(0, { 0: 1 });
const REFUSED: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  [
    "a bucket too few",
    { transient: { ...FINE, counts: FINE.counts.slice(1) } },
    "transient.counts",
  ],
  ["a bucket too many", { durable: { ...FINE, counts: [...FINE.counts, 0] } }, "durable.counts"],
  ["no buckets", { published: { sumMs: 0 } }, "published.counts"],
  ["less than nothing", { transient: distribution(0, { 4: -1 }) }, "transient.counts[4]"],
  ["half an event", { transient: distribution(0, { 4: 0.5 }) }, "transient.counts[4]"],
  ["a bucket that is text", { transient: { ...FINE, counts: "many" } }, "transient.counts"],
  ["more than 1,000 events", { durable: distribution(0, { 1: 600, 2: 401 }) }, "durable.counts"],
  [
    "more time than events can take",
    { durable: distribution(600_001, { 13: 1 }) },
    "durable.sumMs",
  ],
  ["time without events", { durable: distribution(1, {}) }, "durable.sumMs"],
  ["more than a day away", { awayMs: 86_400_001 }, "awayMs"],
  ["a clock that is wrong by less than nothing", { clockErrorMs: -1 }, "clockErrorMs"],
  ["more than 1,000 repeats", { repeated: 1_001 }, "repeated"],
  ["a number that is text", { missed: "1" }, "missed"],
];

test("a bad report is refused with the field's name, and counts nowhere", async () => {
  const { viewer } = await opened(hourly);
  const reports = await metric(hourly, "ovation_viewer_reports_total");
  for (const [what, fields, field] of REFUSED) {
    const answer = await viewer.ask("report", fields);
    expect(answer, what).toMatchObject({ op: "error", code: "field_invalid", field });
  }
  expect(await metric(hourly, "ovation_viewer_reports_total")).toBe(reports);
  // None of them used up the interval.
  expect(await viewer.ask("report", { missed: 0 })).toMatchObject({ op: "result" });
  await viewer.close();
});

test("a second report within half of the interval is refused, and says when one is wanted", async () => {
  const { viewer } = await opened(hourly);
  await viewer.ask("report", {});
  const early = await viewer.ask("report", { missed: 1 });
  expect(early).toMatchObject({ op: "error", code: "rate_limited" });
  expect(early["retryAfterMs"]).toBeGreaterThan(1_700_000);
  await viewer.close();

  const quick = await stack.addGateway({ viewerReportsOneIn: 1, viewerReportsIntervalMs: 1_000 });
  const { viewer: patient } = await opened(quick);
  await patient.ask("report", { missed: 1 });
  await eventually(async () => (await patient.ask("report", { missed: 1 }))["op"] === "result");
  expect(await metric(quick, "ovation_viewer_gaps_total")).toBe(2);
  await patient.close();
});
