/** A page in Chromium that runs the code of a page of documentation. */
import type { Browser, Page, Route } from "playwright-core";
import { expect } from "vitest";
import type { Network } from "../sdk/support/network.ts";
import { bundledWithSdk } from "./sdk-bundle.ts";

export interface CodePageOptions {
  /** What is in the page's body besides the script. */
  readonly body?: string;
  /** Answers the page's `fetch("/my/token")`. */
  readonly token?: (route: Route) => Promise<string>;
}

export interface CodePage {
  readonly page: Page;
  /** Its console output and uncaught errors. */
  readonly lines: string[];
}

/** Opens a page from the network's address, in a window of its own, that the caller's browser closes. */
export async function openCodePage(
  browser: Browser,
  network: Network,
  code: string,
  { body = "", token }: CodePageOptions = {},
): Promise<CodePage> {
  const script = await bundledWithSdk(code, "browser");
  const html = `<!doctype html><link rel="icon" href="data:,"><body>${body}<script type="module" src="/example.js"></script>`;
  network.files.set("/example", { type: "text/html; charset=utf-8", body: html });
  network.files.set("/example.js", { type: "text/javascript; charset=utf-8", body: script });
  const page = await (await browser.newContext()).newPage();
  const lines: string[] = [];
  page.on("console", (message) => lines.push(message.text()));
  page.on("pageerror", (error) => lines.push(String(error)));
  if (token !== undefined) {
    await page.route("**/my/token", async (route) => {
      await route.fulfill({ body: await token(route) });
    });
  }
  await page.goto(`${network.url}/example`);
  return { page, lines };
}

/** Resolves when the text of the element matches. */
export async function shows(page: Page, selector: string, text: string | RegExp): Promise<void> {
  const shown = async () => await page.locator(selector).textContent();
  await expect.poll(shown).toMatch(text);
}

/** Resolves when each of the patterns matches what the page has written. */
export async function writes(
  lines: readonly string[],
  ...patterns: readonly RegExp[]
): Promise<void> {
  for (const pattern of patterns) {
    await expect.poll(() => lines.join("\n")).toMatch(pattern);
  }
}
