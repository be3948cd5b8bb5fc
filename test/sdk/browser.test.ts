/** The SDK and its hooks in a real browser. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { TestBrowser } from "./support/browser.ts";
import { Network } from "./support/network.ts";

let browser: TestBrowser;
let stack: TestStack;
let network: Network;

beforeAll(async () => {
  if (hasBrowser) browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.stop();
});
beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { lingerMs: 0, countIntervalMs: 50 } });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await browser.closePages();
  await network.stop();
  await stack.stop();
});

/** Resolves when an element has the expected text. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    ([where, expected]) => document.querySelector(where ?? "")?.textContent === expected,
    [selector, text],
  );
}

async function lines(page: Page, list = "main > ul"): Promise<string[]> {
  return await page.locator(`${list} > li`).allTextContents();
}

async function hasLines(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (expected) => document.querySelectorAll("main > ul > li").length === expected,
    count,
  );
}

async function comment(count: number, prefix: string): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, n) => `${prefix} ${n + 1}`);
  for (const text of texts) {
    const event = { kind: "comment", data: { text } };
    const { status } = await post(stack.gatewayAt(1).port, "launch", event);
    expect(status).toBe(200);
  }
  return texts;
}

describe.skipIf(!hasBrowser)("two pages", () => {
  test.each([{}, { strict: true }])(
    "show the same: likes, comments and viewers (%o)",
    async (how) => {
      const one = await browser.open(network, how);
      const two = await browser.open(network, how);
      for (const page of [one, two]) await shows(page, "#state", "websocket");
      for (const page of [one, two]) await shows(page, "#viewers", "2");
      await stack.mirrored("launch", 2);
      await one.getByRole("button").click();
      await two.getByRole("button").click();
      for (const page of [one, two]) await shows(page, "button", "2");
      await one.evaluate(() =>
        window.parts.ovation.video("launch").publish("comment", { text: "hello" }),
      );
      for (const page of [one, two]) {
        await hasLines(page, 1);
        expect(await lines(page)).toEqual(["hello"]);
      }
    },
  );
});

describe.skipIf(!hasBrowser)("a page", () => {
  test("renders at most once per frame, however many likes arrive, and counts them all", async () => {
    const page = await browser.open(network);
    await shows(page, "#viewers", "1");
    await stack.mirrored("launch", 1);
    const before = await page.evaluate(() => ({ ...window.parts, ovation: undefined }));
    const batch = Array.from({ length: 500 }, () => ({ kind: "like" }));
    for (let n = 0; n < 40; n += 1) await post(stack.gatewayAt(1).port, "launch", batch);
    await shows(page, "button", "20000");
    const after = await page.evaluate(() => ({ ...window.parts, ovation: undefined }));
    expect(after.bursts - before.bursts).toBe(20_000);
    // A frame of slack at both ends, since the counts are read between frames.
    expect(after.draws - before.draws).toBeLessThanOrEqual(after.frames - before.frames + 2);
  });

  test("reports what it has drawn, to a gateway that asks", async () => {
    const reports = { viewerReportsOneIn: 1, viewerReportsIntervalMs: 1_000 };
    const gateway = await stack.addGateway(reports);
    network.port = gateway.port;
    const page = await browser.open(network);
    const reported = async () => {
      await page.evaluate(() => window.parts.ovation.video("launch").publish("like"));
      return await metric(gateway, "ovation_viewer_latency_seconds_count");
    };
    await expect.poll(reported, { timeout: 60_000 }).toBeGreaterThan(0);
  });

  test("starts with the last comments, in a part mounted later too, without deleted ones", async () => {
    const texts = await comment(60, "before");
    const page = await browser.open(network);
    await hasLines(page, 50);
    expect(await lines(page)).toEqual(texts.slice(10));
    const { events } = await page.evaluate(() =>
      window.parts.ovation.video("launch").readHistory({ limit: 1 }),
    );
    const url = `http://127.0.0.1:${stack.gatewayAt(1).port}/v1/videos/launch/events/${events[0]?.id}`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
    await hasLines(page, 49);
    const after = await comment(1, "after");
    await hasLines(page, 50);
    const expected = [...texts.slice(10, -1), ...after];
    expect(await lines(page)).toEqual(expected);
    await page.getByRole("checkbox").check();
    await page.waitForFunction(() => document.querySelectorAll("section li").length === 50);
    expect(await lines(page, "section > ul")).toEqual(expected);
  });

  test("reconnects when the network is back, with all comments missed meanwhile, in order, once", async () => {
    // Without the browser's event it would wait for a minute.
    const options = { reconnectFirstMs: 60_000, reconnectMaxMs: 60_000 };
    const page = await browser.open(network, { options, late: true });
    await shows(page, "#viewers", "1");
    await stack.mirrored("launch", 1);
    const before = await comment(2, "before");
    await hasLines(page, 2);
    await page.context().setOffline(true);
    network.isDown = true;
    network.cut();
    await shows(page, "#state", "reconnecting");
    const away = await comment(200, "away");
    network.isDown = false;
    expect(await page.locator("#state").textContent()).toBe("reconnecting");
    await page.context().setOffline(false);
    await shows(page, "#state", "websocket");
    await stack.mirrored("launch", 1);
    const after = await comment(2, "after");
    await hasLines(page, 204);
    expect(await lines(page)).toEqual([...before, ...away, ...after]);
  });

  test("checks its connection when its tab becomes visible again", async () => {
    const options = { reconnectFirstMs: 60_000, reconnectMaxMs: 60_000 };
    const page = await browser.open(network, { options, late: true });
    await shows(page, "#state", "websocket");
    network.cut();
    await shows(page, "#state", "reconnecting");
    await page.evaluate(() =>
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true })),
    );
    await shows(page, "#state", "websocket");
    // A dead connection is given up sooner than otherwise; data in transit at the first check may
    // still have counted as a sign of life.
    network.silence();
    await page.evaluate(() => {
      setInterval(
        () => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })),
        100,
      );
    });
    await page.waitForFunction(() => window.parts.ovation.state.name !== "connected");
  });

  test("shows the same where no WebSocket can be opened", async () => {
    network.blocksWebSockets = true;
    const texts = await comment(3, "before");
    const page = await browser.open(network, { options: { reconnectFirstMs: 50 } });
    await shows(page, "#state", "sse");
    await shows(page, "#viewers", "1");
    await stack.mirrored("launch", 1);
    await page.getByRole("button").click();
    await shows(page, "button", "1");
    await page.evaluate(() =>
      window.parts.ovation.video("launch").publish("comment", { text: "hello" }),
    );
    await hasLines(page, 4);
    expect(await lines(page)).toEqual([...texts, "hello"]);
  });

  test("disconnects on navigation", async () => {
    const page = await browser.open(network);
    await stack.mirrored("launch", 1);
    await page.goto("about:blank");
    await stack.mirrored("launch", 0);
  });
});
