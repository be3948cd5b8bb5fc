/** The hooks under React's and browsers' features: hiding, hydration, late mounting, back button. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { post, watch } from "../support/viewer.ts";
import { TestBrowser } from "./support/browser.ts";
import { Network } from "./support/network.ts";

let browser: TestBrowser;
let stack: TestStack;
let network: Network;

beforeAll(async () => {
  if (hasBrowser) browser = await TestBrowser.start("react-page.tsx", { hasPageCache: true });
});
afterAll(async () => {
  await browser?.stop();
});
beforeEach(async () => {
  // The default like limit, unlike in other tests.
  const gateway = { lingerMs: 0, countIntervalMs: 50, likesPerSecond: 10 };
  stack = await TestStack.start({ gateway });
  network = await Network.start(stack.gateway.port);
});
afterEach(async () => {
  await browser.closePages();
  await network.stop();
  await stack.stop();
});

async function comment(...texts: readonly string[]): Promise<void> {
  const events = texts.map((text) => ({ kind: "comment", id: text, data: { text } }));
  expect((await post(stack.gateway.port, "launch", events)).status).toBe(200);
}

const numbered = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

/** Resolves when the list is as expected; otherwise fails with its contents. */
async function lists(page: Page, expected: readonly string[], list = "main > ul"): Promise<void> {
  const texts = async () => await page.locator(`${list} > li`).allTextContents();
  await expect.poll(texts).toEqual(expected);
}

async function shows(page: Page, selector: string, text: string | RegExp): Promise<void> {
  const shown = async () => await page.locator(selector).textContent();
  await expect.poll(shown).toMatch(text);
}

const errorsOf = async (page: Page) => await page.evaluate(() => window.react.errors);

describe.skipIf(!hasBrowser)("a part of a page", () => {
  test.each([
    { why: "nothing else watches", history: 5, away: 3 },
    { why: "more arrive than its history holds", history: 5, away: 60 },
    { why: "it has no history", history: 0, away: 12 },
    { why: "another part watches", history: 5, away: 60, held: true },
    { why: "another part watches, in StrictMode", history: 5, away: 20, held: true, strict: true },
  ])("that is hidden and shown again has all comments: $why", async (how) => {
    const { history, away, held, strict } = how;
    await comment(...numbered(7, "before"));
    const query = {
      history: String(history),
      ...(held && { held: "" }),
      ...(strict && { strict: "" }),
    };
    const page = await browser.open(network, { query });
    const old = numbered(7, "before").slice(7 - history, 7);
    await lists(page, history === 0 ? [] : old);
    await stack.mirrored("launch", 1);
    await comment("live");
    await lists(page, [...(history === 0 ? [] : old), "live"]);
    await page.locator("#shown").uncheck();
    await comment(...numbered(away, "away"));
    const deletedUrl = `http://127.0.0.1:${stack.gateway.port}/v1/videos/launch/events/live`;
    expect((await fetch(deletedUrl, { method: "DELETE" })).status).toBe(200);
    await page.locator("#shown").check();
    const now = [...(history === 0 ? [] : old), ...numbered(away, "away")];
    await lists(page, now);
    await comment("after");
    await lists(page, [...now, "after"]);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("that is mounted late, in a transition, has the history and the viewer count", async () => {
    await comment(...numbered(9, "before"));
    const page = await browser.open(network, { query: { history: "5", strict: "" } });
    await lists(page, numbered(9, "before").slice(4));
    await page.locator("#has-late").click();
    await lists(page, numbered(9, "before").slice(4), "#late > ul");
    await shows(page, "#late #viewers", "1");
    await comment("after");
    for (const list of ["main > ul", "#late > ul"]) {
      await lists(page, [...numbered(9, "before").slice(4), "after"], list);
    }
  });
});

describe.skipIf(!hasBrowser)("a part with a playhead", () => {
  test("shows comments and likes when its picture gets there, beside parts that show them at once", async () => {
    const page = await browser.open(network, { query: { behind: "", strict: "" } });
    await stack.mirrored("launch", 1);
    await comment("one");
    await page.locator("#like").click();
    await lists(page, ["one"]);
    await shows(page, "#like", "1");
    await lists(page, [], "#behind > ul");
    await page.evaluate(() => {
      window.moment = Date.now() + 60_000;
    });
    await lists(page, ["one"], "#behind > ul");
    await shows(page, "#behind > b", "1");
    await comment("two");
    await lists(page, ["one", "two"], "#behind > ul");
    expect(await errorsOf(page)).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)("a page", () => {
  test("that exceeds the like limit rejects no promise, and reports how many were refused", async () => {
    const page = await browser.open(network);
    await stack.mirrored("launch", 1);
    await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>("#like");
      for (let n = 0; n < 90; n += 1) button?.click();
    });
    await expect
      .poll(async () => {
        const [total, refused] = await page.locator("#like, #refused").allTextContents();
        return Number(total) + Number(refused);
      })
      .toBe(90);
    const refusals = await page.evaluate(() => window.react.refusals);
    expect(new Set(refusals)).toEqual(new Set(["rate_limited"]));
    expect(await page.locator("#refused").textContent()).toBe(String(refusals.length));
    expect(await errorsOf(page)).toEqual([]);
  });

  test("skips a comment that its parse function rejects, and reports it", async () => {
    await comment("one");
    for (const data of [undefined, null, 5, {}, { text: 5 }]) {
      const event = { kind: "comment", ...(data === undefined ? {} : { data }) };
      expect((await post(stack.gateway.port, "launch", event)).status).toBe(200);
    }
    await comment("two");
    const page = await browser.open(network, { query: { history: "10" } });
    await lists(page, ["one", "two"]);
    expect(await errorsOf(page)).toEqual(Array.from({ length: 5 }, () => "data_unexpected"));
    await comment("three");
    await lists(page, ["one", "two", "three"]);
  });

  test("knows in slow mode when it may write again, and that it is over", async () => {
    const rules = async (body: object) => {
      const response = await fetch(
        `http://127.0.0.1:${stack.gateway.port}/v1/videos/launch/rules`,
        {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        },
      );
      expect(response.status).toBe(200);
    };
    await rules({ slowModeMs: 3_600_000 });
    const page = await browser.open(network, { query: { write: "", strict: "" } });
    await shows(page, "#write-can-send", "now");
    await page.locator("#write").click();
    await lists(page, ["written"]);
    await shows(page, "#write-can-send", "later");
    await page.locator("#write").click();
    await shows(page, "#write-error", "rate_limited");
    await shows(page, "#write-can-send", "later");
    // Also a component that was mounted only then.
    await page.locator("#has-late").check();
    await shows(page, "#late-can-send", "later");
    await rules({ closed: ["comment"] });
    await shows(page, "#write-can-send", "now");
    await shows(page, "#late-can-send", "now");
    await page.locator("#write").click();
    await shows(page, "#write-error", "closed_kind");
    await lists(page, ["written"]);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("hydrates without a mismatch, although its client was already connected", async () => {
    await comment(...numbered(3, "before"));
    const page = await browser.open(network, { query: { hydrate: "" } });
    expect(await page.evaluate(() => window.serverHtml)).toContain("idle");
    await page.evaluate(() => window.react.hydrate());
    await shows(page, "#state", "connected");
    await shows(page, "#viewers", "1");
    await lists(page, numbered(3, "before"));
    expect(await errorsOf(page)).toEqual([]);
  });

  test("restored by the back button continues with what was missed", async () => {
    await comment("before");
    const page = await browser.open(network);
    await lists(page, ["before"]);
    network.files.set("/other", { type: "text/html", body: "<title>other</title>" });
    await page.goto(`${network.url}/other`);
    await stack.mirrored("launch", 0);
    await comment("meanwhile");
    await page.goBack({ waitUntil: "commit" });
    // It was restored from the cache, not reloaded.
    expect(await page.evaluate(() => window.react.restored)).toEqual([false, true]);
    await lists(page, ["before", "meanwhile"]);
    await comment("after");
    await lists(page, ["before", "meanwhile", "after"]);
    await page.locator("#like").click();
    await shows(page, "#like", "1");
    expect(await errorsOf(page)).toEqual([]);
  });

  test("of a lobby shows the numbers of its videos, and isn't counted", async () => {
    const page = await browser.open(network, { query: { lobby: "", strict: "" } });
    await shows(page, "#lobby", /^0,0$/);
    const viewer = await watch("json", stack.gateway.port, "launch");
    await shows(page, "#lobby", /^1,0$/);
    await viewer.close();
    expect(await errorsOf(page)).toEqual([]);
  });

  test("gets one client for the same options", async () => {
    const page = await browser.open(network, { query: { shared: "" } });
    await shows(page, "body", "one");
  });
});
