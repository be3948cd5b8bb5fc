import { describe, expect, test } from "vitest";
import { createLog } from "../../shared/runtime/log.ts";
import type { Pace } from "./pace.ts";
import { ViewerDrainer } from "./viewer-drainer.ts";

const log = createLog("gateway", "drain", "silent");

/** A viewer, with the times when it was dismissed and when it returns. */
class TestViewer {
  isOpen = true;
  dismissedAt: number | undefined;
  returnAt = 0;

  dismiss(reconnectAfterMs: number): void {
    this.isOpen = false;
    this.dismissedAt = performance.now();
    this.returnAt = this.dismissedAt + reconnectAfterMs;
  }
}

async function drained(count: number, windowMs: number, samplePace: () => Promise<Pace>) {
  const viewers = Array.from({ length: count }, () => new TestViewer());
  const now = () => performance.now();
  const drainer = new ViewerDrainer({ windowMs, samplePace, now, random: Math.random, log });
  const begun = performance.now();
  await drainer.send(viewers);
  return { viewers, drainer, begun, tookMs: performance.now() - begun };
}

/** The most viewers that return within any time of this length. */
function mostWithin(viewers: readonly TestViewer[], ms: number): number {
  const times = viewers.map(({ returnAt }) => returnAt).sort((one, other) => one - other);
  return Math.max(
    ...times.map((from) => times.filter((time) => time >= from && time < from + ms).length),
  );
}

describe("viewers of a draining gateway", () => {
  test("return at the pace at which the others accept them", async () => {
    const { viewers, drainer } = await drained(300, 10_000, async () => ({
      acceptors: 2,
      perSecond: 500,
    }));
    expect(drainer.stats.dismissed).toBe(300);
    // A late tick catches up on a few viewers.
    expect(mostWithin(viewers, 250)).toBeLessThanOrEqual(125 + 75);
    const times = viewers.map(({ returnAt }) => returnAt);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(450);
  });

  test("are dismissed in time when the window ends before their turn, and keep the pace", async () => {
    const pace = { acceptors: 1, perSecond: 100 };
    const { viewers, begun } = await drained(300, 500, async () => pace);
    for (const { dismissedAt } of viewers) expect(dismissedAt).toBeDefined();
    const times = viewers.map(({ returnAt }) => returnAt - begun);
    expect(Math.max(...times)).toBeGreaterThan(2_500);
    expect(mostWithin(viewers, 1_000)).toBeLessThanOrEqual(100 + 30);
  });

  test("are dismissed at once when no gateway accepts them, with time for another one to start", async () => {
    const { viewers, begun } = await drained(100, 60_000, async () => ({
      acceptors: 0,
      perSecond: 500,
    }));
    const waits = viewers.map(({ dismissedAt = 0, returnAt }) => returnAt - dismissedAt);
    expect(Math.max(...viewers.map(({ dismissedAt = 0 }) => dismissedAt - begun))).toBeLessThan(
      5_000,
    );
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(999);
    expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
    expect(mostWithin(viewers, 1_000)).toBeLessThanOrEqual(25);
  });

  test("are dismissed at once when all others turn out to be draining too", async () => {
    let samples = 0;
    const samplePace = async () => {
      samples += 1;
      return { acceptors: samples === 1 ? 1 : 0, perSecond: 10 };
    };
    const { viewers, tookMs } = await drained(100, 60_000, samplePace);
    for (const { dismissedAt } of viewers) expect(dismissedAt).toBeDefined();
    expect(tookMs).toBeLessThan(10_000);
  });

  test("that have left by themselves take no time", async () => {
    const viewers = Array.from({ length: 1_000 }, () => new TestViewer());
    const gone = viewers.slice(0, -1);
    for (const viewer of gone) viewer.isOpen = false;
    const samplePace = async () => ({ acceptors: 1, perSecond: 1 });
    const now = () => performance.now();
    const drainer = new ViewerDrainer({
      windowMs: 60_000,
      samplePace,
      now,
      random: Math.random,
      log,
    });
    await drainer.send(viewers);
    expect(drainer.stats.dismissed).toBe(1);
    expect(gone.every(({ dismissedAt }) => dismissedAt === undefined)).toBe(true);
  });
});
