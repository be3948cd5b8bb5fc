/** Two viewers of a real HLS stream, 15 seconds apart: each sees what happens with its picture. */
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import type { Sight } from "./page.ts";
import { BAR_PIXELS, HlsStream, hasFfmpeg } from "./stream.ts";

if (!hasFfmpeg) process.stderr.write("Left out: tests of a real stream (there is no ffmpeg)\n");

const NEAR_SECONDS = 3;
const FAR_SECONDS = 18;
/** How far an event may be from its picture. */
const APART_MS = 500;
const EVENTS = 5;

let stack: TestStack;
let stream: HlsStream;
let browser: Browser;
let near: Page;
let far: Page;

async function pageFiles(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { page: join(import.meta.dirname, "page.ts") },
    bundle: true,
    splitting: true,
    outdir: "/",
    write: false,
    format: "esm",
    target: "es2022",
  });
  const html =
    '<!doctype html><title>page</title><body><script type="module" src="/page.js"></script>';
  return new Map([
    ["/page.html", html],
    ...outputFiles.map(({ path, text }) => [`/${basename(path)}`, text] as const),
  ]);
}

async function open(behind: number): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => process.stderr.write(`${error}\n`));
  const query = new URLSearchParams({
    behind: String(behind),
    stream: stream.url,
    gateway: `http://127.0.0.1:${stack.gateway.port}`,
    bar: String(BAR_PIXELS),
  });
  await page.goto(`${stream.origin}/page.html?${query}`);
  await page.waitForFunction(() => window.player.currentTime > 0 && window.frameNow() > 0);
  return page;
}

const sightsOf = (page: Page) => page.evaluate(() => window.sights);

/** How much later than its picture each event was shown, in milliseconds. */
function lags(sights: readonly Sight[]): number[] {
  return sights.map(({ frame, at }) => stream.timeOf(frame) - at);
}

async function publish(id: string): Promise<void> {
  const event = { kind: "comment", id, data: { text: id } };
  expect(await post(stack.gateway.port, "match", event)).toMatchObject({ status: 200 });
}

describe.skipIf(!hasBrowser || !hasFfmpeg)("two viewers of a stream, 15 seconds apart", () => {
  beforeAll(async () => {
    stream = await HlsStream.start(await pageFiles());
    stack = await TestStack.start({
      gateway: { allowedOrigins: ["same-origin", stream.origin] },
    });
    browser = await launchChromium();
    await eventually(async () => (await stream.seconds()) > FAR_SECONDS + 4);
    [near, far] = await Promise.all([open(NEAR_SECONDS), open(FAR_SECONDS)]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await stream?.stop();
  });

  test("see each event within half a second of its picture, each at a time of its own", async () => {
    for (let n = 0; n < EVENTS; n += 1) {
      await publish(`e${n}`);
      const currentTime = await near.evaluate(() => window.player.currentTime);
      await near.waitForFunction((before) => window.player.currentTime > before + 0.7, currentTime);
    }
    await eventually(async () => (await sightsOf(far)).length === EVENTS);
    const [early, late] = [await sightsOf(near), await sightsOf(far)];
    const ids = Array.from({ length: EVENTS }, (_, n) => `e${n}`);
    expect([early.map(({ id }) => id), late.map(({ id }) => id)]).toEqual([ids, ids]);
    process.stdout.write(
      `ms after the picture: ${lags(early).join(" ")} | ${lags(late).join(" ")}\n`,
    );
    for (const lag of [...lags(early), ...lags(late)]) {
      expect(Math.abs(lag)).toBeLessThanOrEqual(APART_MS);
    }
    const apart = ids.map((_, n) => (late[n]?.now ?? 0) - (early[n]?.now ?? 0));
    process.stdout.write(`ms between the viewers: ${apart.join(" ")}\n`);
    for (const ms of apart) expect(ms).toBeGreaterThan(10_000);
  });

  test("see nothing while the picture stands still, and what a seek skips at once", async () => {
    await far.evaluate(() => window.player.pause());
    await publish("later");
    await eventually(async () => (await sightsOf(near)).some(({ id }) => id === "later"));
    expect((await sightsOf(far)).map(({ id }) => id)).not.toContain("later");
    await far.evaluate(() => {
      window.player.currentTime = window.hls.liveSyncPosition ?? 0;
      window.player.currentTime += 15;
      void window.player.play();
    });
    await eventually(async () => (await sightsOf(far)).some(({ id }) => id === "later"));
  });
});
