import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ViewerCounts } from "./counts.ts";

const INTERVAL_MS = 1_000;

let viewers = 0;
let gateways: readonly string[] = ["one"];
let sent: number[] = [];
let counts: ViewerCounts;

/** Rows changed, so a gateway asks. */
async function changeTo(count: number): Promise<void> {
  viewers = count;
  const asked = counts.request("launch");
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  await asked;
}

beforeEach(() => {
  vi.useFakeTimers();
  viewers = 0;
  gateways = ["one"];
  sent = [];
  counts = new ViewerCounts({
    intervalMs: INTERVAL_MS,
    now: Date.now,
    gateways: () => gateways,
    count: () => ({ viewers }),
    isReadable: () => true,
    send: (_video, count) => {
      sent.push(count.viewers);
      return undefined;
    },
  });
});
afterEach(() => {
  counts.stop();
  vi.useRealTimers();
});

describe("a count that changes", () => {
  test("is sent at most once in the interval, and every viewer matters while they are few", async () => {
    for (const count of [1, 2, 3, 150, 151]) await changeTo(count);
    expect(sent).toEqual([1, 2, 3, 150, 151]);
  });

  test("by less than half a percent is sent once in ten seconds, and in the end", async () => {
    await changeTo(10_000);
    for (let count = 10_001; count <= 10_025; count += 1) await changeTo(count);
    expect(sent).toEqual([10_000, expect.any(Number), expect.any(Number)]);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(sent.at(-1)).toBe(10_025);
    expect(sent).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(60 * INTERVAL_MS);
    expect(sent).toHaveLength(4);
    expect(counts.pendingCount).toBe(0);
  });

  test("by more than that is sent at once", async () => {
    for (const count of [10_000, 10_051, 9_990]) await changeTo(count);
    expect(sent).toEqual([10_000, 10_051, 9_990]);
  });

  test("and is what this dispatcher sent last is sent again, since another may have sent one", async () => {
    await changeTo(10_000);
    await changeTo(10_000);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(sent).toEqual([10_000, 10_000]);
  });

  test("is sent at once when a gateway has come, whose viewers have none", async () => {
    await changeTo(10_000);
    gateways = ["one", "other"];
    await changeTo(10_001);
    expect(sent).toEqual([10_000, 10_001]);
  });
});
