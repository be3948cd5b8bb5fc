/** A small load on a whole stack: the harness's counts are exact, however busy the machine is. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LoadPlan, runLoad, type Watcher } from "./control/load.ts";
import { viewerCosts } from "./control/operation-costs.ts";
import { Stack } from "./control/stack.ts";
import { historyCosts, tableCosts } from "./control/store-costs.ts";
import { parseCommand } from "./options.ts";
import { pageOf } from "./report/page.ts";
import { RESULT_FORMAT } from "./report/result.ts";
import { dispatch } from "./scenarios/dispatch.ts";
import { fleet } from "./scenarios/fleet.ts";
import { idle } from "./scenarios/idle.ts";
import { oneVideo, stackOf, steady } from "./scenarios/scenario.ts";

const quiet: Watcher = { step: () => undefined, progress: () => undefined };
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ gateways: 2, dispatchers: 2, onStep: () => undefined });
});
afterAll(async () => await stack?.stop());

function planOf(video: string, kind: string, perSecond: number, viewers: number): LoadPlan {
  const text = kind === "comment" ? "What a goal!" : undefined;
  return {
    name: kind,
    kind,
    audiences: oneVideo(video, viewers),
    streams: [steady(video, kind, perSecond, 3, text)],
    warmUpMs: 1_000,
    measureMs: 2_000,
    sample: 10,
    publisherConnections: 8,
  };
}

describe("50 viewers", () => {
  test("get every like once, whether they read at once or let frames accumulate", async () => {
    const load = await runLoad(stack, planOf("e2e-likes", "like", 60, 50), quiet);
    expect(load.published).toEqual({ sent: 180, accepted: 180 });
    expect(load.split).toMatchObject({ atOnce: 10, others: 40 });
    if (process.platform === "linux") expect(load.gathered).toBe(40);
    expect(load.exactness).toMatchObject({
      judged: 50,
      unjudged: 0,
      expected: 50 * 180,
      received: 50 * 180,
      lost: 0,
      surplus: 0,
      twice: 0,
      stale: 0,
    });
    // The events scheduled in the two measured seconds, for each viewer that reads at once.
    expect(load.latency.count).toBe(10 * 120);
    expect(load.acknowledged.count).toBe(120);
    expect(load.faults).toEqual({});
    const file = {
      format: RESULT_FORMAT,
      machine: {},
      build: {},
      command: [],
      runs: [
        { scenario: "likes", question: "", startedAt: "", figures: [], loads: [load], remarks: [] },
      ],
    } as const;
    const page = pageOf(file);
    expect(page).toContain("uPlot");
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)=/);
  });

  test("get a flood as a sample with exact counts", async () => {
    const load = await runLoad(stack, planOf("e2e-flood", "like", 2_000, 50), quiet);
    // How many are rejected for overload depends on the machine; none of the others is lost.
    const { accepted } = load.published;
    expect(accepted).toBeGreaterThan(0);
    expect(load.exactness).toMatchObject({
      judged: 50,
      expected: 50 * accepted,
      lost: 0,
      surplus: 0,
    });
    expect(load.exactness.twice).toBe(0);
    expect(load.exactness.received).toBe(load.exactness.seen + load.exactness.countedOnly);
  });

  test("get every comment in the order of its chain", async () => {
    const load = await runLoad(stack, planOf("e2e-comments", "comment", 30, 50), quiet);
    expect(load.published).toEqual({ sent: 90, accepted: 90 });
    expect(load.exactness).toMatchObject({ received: 50 * 90, seen: 50 * 90, countedOnly: 0 });
    expect(load.exactness).toMatchObject({ lost: 0, twice: 0, chainBreaks: 0 });
  });
});

test("one dispatcher answers every request, at full speed and by schedule", async () => {
  const { options } = parseCommand(["--seconds", "1", "--rate", "100"]);
  const { figures } = await dispatch.run(options, quiet);
  const figure = (name: string) => figures.find((one) => one.name === name)?.value;
  expect(figure("requests")).toBeGreaterThan(0);
  expect(figure("rate at half")).toBeGreaterThan(0);
  expect(figure("unanswered")).toBe(0);
});

test("virtual gateways get each like once, and no more messages when there are more of them", async () => {
  const { options } = parseCommand(["--seconds", "1", "--rate", "2000", "--gateways", "20"]);
  const { figures } = await fleet.run(options, quiet);
  const figure = (name: string) => figures.find((one) => one.name === name)?.value;
  for (const gateways of [10, 20]) {
    expect(figure(`${gateways} gateways: likes accepted`)).toBeGreaterThan(0);
    expect(figure(`${gateways} gateways: likes lost`)).toBe(0);
    expect(figure(`${gateways} gateways: likes too many`)).toBe(0);
    // Two dispatchers send at most one message each in a window of 10 ms; beside it, counts and totals.
    expect(figure(`${gateways} gateways: messages into each`)).toBeLessThan(250);
  }
});

/** A network namespace takes root. */
const hasNamespaces = process.platform === "linux" && process.getuid?.() === 0;

test.skipIf(!hasNamespaces)(
  "viewers in a network namespace of their own get every like",
  async () => {
    const { options } = parseCommand(["--link", "veth", "--gateways", "1", "--dispatchers", "1"]);
    const namespaced = await stackOf(options, quiet);
    try {
      expect(namespaced.targets).toMatchObject([{ host: namespaced.link.host }]);
      const load = await runLoad(namespaced, planOf("e2e-link", "like", 30, 20), quiet);
      expect(load.exactness).toMatchObject({ judged: 20, received: 20 * 90, lost: 0, twice: 0 });
    } finally {
      await namespaced.stop();
    }
    const left = execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
    expect(left).not.toContain(`ovation-bench-${process.pid}`);
  },
);

test("idle viewers are all held, and each gets its like", async () => {
  const words = ["--seconds", "1", "--viewers", "300", "--gateways", "2", "--videos", "7"];
  const { figures } = await idle.run(parseCommand(words).options, quiet);
  const figure = (name: string) => figures.find((one) => one.name === name)?.value;
  expect(figure("viewers held")).toBe(300);
  expect(figure("likes accepted")).toBe(7);
  expect(figure("viewers without their like")).toBe(0);
  expect(figure("likes too many")).toBe(0);
});

describe("the costs of operations", () => {
  const isNumber = (value: unknown) => Number.isFinite(value) && Number(value) >= 0;

  test("are reported for a gateway and for the stores", async () => {
    const viewers = await viewerCosts(stack, 20, 500);
    expect(Object.values(viewers).every(isNumber)).toBe(true);
    const { rowsPerSecond, ...table } = await tableCosts(stack, 200);
    const { storesPerSecond, looksPerSecond, ...history } = await historyCosts(stack, 200);
    expect(Math.min(rowsPerSecond, storesPerSecond, looksPerSecond)).toBeGreaterThan(0);
    expect(Object.values({ changeUs: table.changeUs, ...history }).every(isNumber)).toBe(true);
  });
});
