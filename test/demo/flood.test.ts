/** The demo page under thousands of likes a second. Its frame rate is printed, not asserted. */
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audienceAt } from "../../demo/audience-level.ts";
import { hasBrowser } from "../support/chromium.ts";
import { DemoApp } from "./demo-app.ts";

const FLOOD_MS = 8_000;
/** 3,060 likes a second to 268 viewers. */
const LEVEL = 80;
const SOON = { timeout: 60_000, interval: 100 };

/** The heap of the page's script after a garbage collection. */
async function heapBytes(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

describe.skipIf(!hasBrowser)("a flood of likes", () => {
  let app: DemoApp;

  beforeAll(async () => {
    app = await DemoApp.start();
  });
  afterAll(() => app?.stop());

  test("leaves the page smooth, and its memory flat", async () => {
    const { page, context, audience, likes } = await app.open({ reducedMotion: "no-preference" });
    const session = await context.newCDPSession(page);
    const total = async () => Number((await likes.innerText()).replaceAll(",", ""));
    await audience.fill(String(LEVEL));
    const { likesPerSecond } = audienceAt(LEVEL);
    await expect.poll(total, SOON).toBeGreaterThan(2 * likesPerSecond);

    const heapBefore = await heapBytes(session);
    const totalBefore = await total();
    const framesPerSecond = await page.evaluate(
      (ms) =>
        new Promise<number>((resolve) => {
          const startedAt = performance.now();
          let frames = 0;
          const count = (now: number) => {
            frames += 1;
            if (now - startedAt < ms) requestAnimationFrame(count);
            else resolve((1_000 * frames) / (now - startedAt));
          };
          requestAnimationFrame(count);
        }),
      FLOOD_MS,
    );
    const rate = ((await total()) - totalBefore) / (FLOOD_MS / 1_000);
    const heapAfter = await heapBytes(session);

    const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MB`;
    process.stdout.write(
      `demo page: ${Math.round(rate)} likes/s for ${FLOOD_MS / 1_000} s at ${framesPerSecond.toFixed(1)} frames/s; heap ${megabytes(heapBefore)} before, ${megabytes(heapAfter)} after\n`,
    );
    expect(rate).toBeGreaterThan(0);
    // Keeping a heart or an event for each like would show here: there were 24,000.
    expect(heapAfter - heapBefore).toBeLessThan(3 * 1_048_576);
    expect(app.faults).toEqual([]);
  }, 120_000);
});
