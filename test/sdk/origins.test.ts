/** Pages in a real browser that use a gateway of another origin: allowed ones, and others. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { TestBrowser } from "./support/browser.ts";
import { Network } from "./support/network.ts";

let browser: TestBrowser;
/** The origins of the pages. */
let [home, stranger]: Network[] = [];
let stack: TestStack;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await TestBrowser.start();
  home = await Network.start(0);
  stranger = await Network.start(0);
  stack = await TestStack.start({
    gateway: { allowedOrigins: [home.url], lingerMs: 0, countIntervalMs: 50 },
  });
  // A browser's preconnects must lead somewhere.
  for (const network of [home, stranger]) network.port = stack.gateway.port;
});
afterEach(async () => {
  await browser?.closePages();
});
afterAll(async () => {
  await browser?.stop();
  await Promise.all([home?.stop(), stranger?.stop()]);
  await stack?.stop();
});

async function open(
  from: Network | undefined,
  transport: "websocket" | "sse" | "auto",
): Promise<Page> {
  if (from === undefined) throw new Error("no network");
  const url = `http://127.0.0.1:${stack.gateway.port}`;
  return await browser.open(from, { options: { url, transport, reconnectFirstMs: 50 } });
}

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    ([where, expected]) => document.querySelector(where ?? "")?.textContent === expected,
    [selector, text],
  );
}

describe.skipIf(!hasBrowser)("a page of another origin", () => {
  test.each(["websocket", "sse"] as const)(
    "that is allowed can watch, publish and read history over %s",
    async (transport) => {
      const page = await open(home, transport);
      await shows(page, "#state", transport);
      await shows(page, "#viewers", "1");
      await stack.mirrored("launch", 1);
      const published = await page.evaluate(() =>
        window.parts.ovation.video("launch").publish("comment", { text: "hello" }),
      );
      await page.locator("main > ul > li", { hasText: "hello" }).last().waitFor();
      const { events } = await page.evaluate(() =>
        window.parts.ovation.video("launch").readHistory({ limit: 1 }),
      );
      expect(events[0]?.id).toBe(published.eventId);
      await page.close();
      await stack.mirrored("launch", 0);
    },
  );

  test("that is not allowed gets no connection, and nothing to read", async () => {
    const page = await open(stranger, "auto");
    await shows(page, "#state", "reconnecting");
    await page.waitForFunction(() => {
      const { state } = window.parts.ovation;
      return state.name === "reconnecting" && state.attempt > 3;
    });
    const read = await page.evaluate(async (url) => {
      const history = fetch(`${url}/v1/videos/launch/history`).then((answer) => answer.text());
      return await history.catch((error: unknown) => String(error));
    }, `http://127.0.0.1:${stack.gateway.port}`);
    expect(read).toContain("TypeError");
    expect(await page.locator("#viewers").textContent()).not.toBe("1");
  });
});
