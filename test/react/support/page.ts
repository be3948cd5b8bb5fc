/** A project's page in Chromium, and its errors. */
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import type { TestStack } from "../../support/stack.ts";
import { post } from "../../support/viewer.ts";

export interface Opened {
  readonly page: Page;
  /** Errors and warnings on its console, and uncaught errors. */
  readonly faults: string[];
}

export async function open(browser: Browser, url: string): Promise<Opened> {
  const page = await (await browser.newContext()).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

export async function shows(page: Page, selector: string, text: string | RegExp): Promise<void> {
  const shown = async () => (await page.locator(selector).allTextContents()).join("\n");
  await expect.poll(shown, { timeout: 30_000 }).toMatch(text);
}

export async function comment(stack: TestStack, text: string): Promise<void> {
  const event = { kind: "comment", data: { text } };
  expect((await post(stack.gateway.port, "launch", event)).status).toBe(200);
}

/** The page is connected, shows past and new comments, and a click is a like. */
export async function isLive(
  stack: TestStack,
  page: Page,
  before: string,
  via: string | RegExp = "websocket",
): Promise<void> {
  await shows(page, "#state", via);
  await shows(page, "#viewers", "1 watching");
  await shows(page, "li", before);
  await page.locator("button").click();
  await shows(page, "button", "♥ 1");
  await comment(stack, "after");
  await shows(page, "li", new RegExp(`${before}\nafter`));
}
