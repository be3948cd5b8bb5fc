/** The page of the guide "a stream that is 20 seconds behind", with a real stream. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { PageCode } from "../support/page-code.ts";
import { bundledWithSdk } from "../support/sdk-bundle.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";
import { HlsStream, hasFfmpeg } from "./stream.ts";

const guide = new PageCode("docs/guides/delayed-stream.md");
const files = new Map<string, string>();

describe.skipIf(!hasBrowser || !hasFfmpeg)("the page of the guide", () => {
  let stack: TestStack;
  let stream: HlsStream;
  let browser: Browser;

  beforeAll(async () => {
    stream = await HlsStream.start(files);
    stack = await TestStack.start({
      gateway: { allowedOrigins: ["same-origin", stream.origin] },
      dispatcher: {
        kinds: [
          { name: "comment", deliveryClass: "durable" },
          { name: "score", deliveryClass: "state" },
        ],
      },
    });
    browser = await launchChromium();
    const code = guide
      .block("ts")
      .replace("https://live.example.com/live.m3u8", stream.url)
      .replace("https://live.example.com", `http://127.0.0.1:${stack.gateway.port}`);
    files.set("/page.js", await bundledWithSdk(code, "browser"));
    const body = guide.block("html");
    files.set(
      "/page.html",
      `<!doctype html><body>${body}<script type="module" src="/page.js"></script>`,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await stream?.stop();
  });

  test("shows comments and the score when the picture gets to them", async () => {
    await eventually(async () => (await stream.seconds()) > 6);
    const page = await browser.newPage();
    await page.goto(`${stream.origin}/page.html`);
    const player = page.locator("#player");
    const play = () => player.evaluate((video) => void (video as HTMLVideoElement).play());
    await play();
    await expect
      .poll(() => player.evaluate((video) => (video as HTMLVideoElement).currentTime))
      .toBeGreaterThan(0);
    await player.evaluate((video) => (video as HTMLVideoElement).pause());

    const { port } = stack.gateway;
    const atOnce = await TestSocket.connect(port);
    await atOnce.ask("subscribe", { video: "launch" });
    for (const event of [
      { kind: "score", data: { home: 1, away: 0 } },
      { kind: "comment", data: { text: "Goal!" } },
    ]) {
      expect((await post(port, "launch", event)).status).toBe(200);
    }
    await atOnce.until(() => atOnce.of("launch", "comment").length === 1);
    expect(await page.locator("#comments li").count()).toBe(0);
    expect(await page.locator("#score").textContent()).toBe("");
    await play();
    await page.locator("#comments").getByText("Goal!").waitFor();
    await page.locator("#score").getByText('"home":1').waitFor();
  });

  test("each block is run", () => {
    // The options of ffmpeg are those of the stream here.
    expect(guide.block("text")).toContain("-hls_flags program_date_time");
    expect(guide.untaken).toEqual([]);
  });
});
