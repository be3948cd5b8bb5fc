/** Many tabs of one browser over event streams and HTTP/1.1, which allows six connections to a site. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { TestBrowser } from "./support/browser.ts";
import { Network } from "./support/network.ts";

const TABS = 7;

let browser: TestBrowser;
let stack: TestStack;
let network: Network;
const tabs: Page[] = [];

beforeAll(async () => {
  if (hasBrowser) browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.stop();
});
beforeEach(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0, countIntervalMs: 50 } });
  network = await Network.start(stack.gateway.port);
  network.blocksWebSockets = true;
});
afterEach(async () => {
  await browser?.closePages();
  tabs.length = 0;
  await network.stop();
  await stack.stop();
});

async function openTab(): Promise<Page> {
  const [beside] = tabs;
  const options = { reconnectFirstMs: 50 };
  const page = await browser.open(network, {
    options,
    ...(beside === undefined ? {} : { beside }),
  });
  tabs.push(page);
  return page;
}

async function shows(page: Page, text: string): Promise<void> {
  await page.locator("main > ul > li", { hasText: text }).waitFor();
}

/** Event streams opened, not counting polls. */
function streams(): number {
  return network.requests.all.filter((line) => /events(\?(?!.*wait=).*)? HTTP/.test(line)).length;
}

describe.skipIf(!hasBrowser)("seven tabs over event streams", () => {
  test("all get their events and can publish", async () => {
    for (let index = 0; index < TABS; index += 1) await openTab();
    await stack.mirrored("launch", TABS);
    await post(stack.gateway.port, "launch", { kind: "comment", data: { text: "to all" } });
    for (const tab of tabs) await shows(tab, "to all");
    for (const [index, tab] of tabs.entries()) {
      const text = `from tab ${index}`;
      await tab.evaluate(
        (said) => window.parts.ovation.video("launch").publish("comment", { text: said }),
        text,
      );
      for (const other of tabs) await shows(other, text);
    }
    for (const tab of tabs) {
      expect(await tab.evaluate(() => window.parts.ovation.state)).toMatchObject({ via: "sse" });
      expect(await tab.locator("main > ul > li").count()).toBe(TABS + 1);
    }
  });

  test("polling tabs take over the streams of closed ones", async () => {
    for (let index = 0; index < TABS; index += 1) await openTab();
    await stack.mirrored("launch", TABS);
    expect(streams()).toBe(4);
    for (const tab of tabs.splice(1, 3)) await tab.close();
    await expect.poll(streams).toBe(7);
    await stack.mirrored("launch", TABS - 3);
    await post(stack.gateway.port, "launch", { kind: "comment", data: { text: "to the rest" } });
    for (const tab of tabs) await shows(tab, "to the rest");
  });

  test("eight videos in one tab work too", async () => {
    const tab = await openTab();
    await tab.evaluate(() => {
      for (let index = 0; index < 8; index += 1) {
        window.parts.ovation.video(`video-${index}`).on("comment", ({ id }) => {
          document.body.append(Object.assign(document.createElement("i"), { id }));
        });
      }
    });
    for (let index = 0; index < 8; index += 1) await stack.mirrored(`video-${index}`, 1);
    const ids = await tab.evaluate(async () => {
      const videos = Array.from({ length: 8 }, (_, index) => `video-${index}`);
      const all = videos.map((id) =>
        window.parts.ovation.video(id).publish("comment", { text: "" }),
      );
      return (await Promise.all(all)).map(({ eventId }) => eventId);
    });
    for (const id of ids) await tab.locator(`i[id="${id}"]`).waitFor({ state: "attached" });
  });
});
