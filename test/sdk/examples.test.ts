/** The READMEs' code, run as printed: in a page of a real gateway, clicks included. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { type CodePage, openCodePage, shows, writes } from "../support/code-page.ts";
import { PageCode } from "../support/page-code.ts";
import { bundledWithSdk } from "../support/sdk-bundle.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { Network } from "./support/network.ts";

const root = join(import.meta.dirname, "../..");
const BODY = '<button id="like">♥</button><p id="viewers"></p><p id="comments"></p>';
const FOR_REACT = `
  import { createRoot } from "react-dom/client";
  createRoot(document.body.appendChild(document.createElement("div"))).render(<Live id="launch" />);
`;

let browser: Browser;
let stack: TestStack;
let network: Network;

beforeAll(async () => {
  if (hasBrowser) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0, countIntervalMs: 50 } });
  network = await Network.start(stack.gateway.port);
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await network.stop();
  await stack.stop();
});

/** The code block of a README that contains a text, with this test's URLs. */
function example(page: string, holds: string): string {
  const addresses = /https:\/\/(live|a|b)\.example\.com|http:\/\/127\.0\.0\.1:8080/g;
  return new PageCode(page).block("ts|tsx", holds).replace(addresses, network.url);
}

async function open(code: string): Promise<CodePage> {
  return await openCodePage(browser, network, code, { body: BODY });
}

async function comment(data?: unknown): Promise<void> {
  const event = { kind: "comment", ...(data === undefined ? {} : { data }) };
  expect((await post(stack.gateway.port, "launch", event)).status).toBe(200);
}

describe.skipIf(!hasBrowser)("in a page", () => {
  test("the README's example shows viewers and comments, and a click is a like", async () => {
    await comment({ text: "before" });
    const { page, lines } = await open(example("README.md", "new Ovation"));
    await shows(page, "#viewers", "1 watching");
    await shows(page, "#comments", "before");
    await page.locator("#like").click();
    await shows(page, "#like", "♥ 1");
    await comment();
    await comment({ text: "after" });
    await shows(page, "#comments", "after");
    expect(lines).toEqual([]);
  });

  test("the SDK's first example receives what it publishes", async () => {
    const { lines } = await open(example("sdk/README.md", "more likes"));
    await writes(lines, /^\S{20} hello$/m, /^1 watching$/m, /^1 more likes$/m);
  });

  test("the example of states reports when it is connected", async () => {
    const code = example("sdk/README.md", "connected over");
    const { lines } = await open(code);
    await writes(lines, /^connected over websocket$/m);
  });

  test("the example of publishing prints the seq", async () => {
    const { lines } = await open(example("sdk/README.md", "whileAway"));
    await writes(lines, /^\S{20} \d+$/m);
  });

  test("the example of tokens requests one", async () => {
    network.files.set("/my/token", { type: "text/plain", body: "a token" });
    await open(`${example("sdk/README.md", "/my/token")}\novation.connect();`);
    await network.requests.first((line) => line.includes("/my/token"));
  });

  test("the example of React likes on a click, and survives a comment of another shape", async () => {
    await comment({ text: "before" });
    await comment();
    const code = example("sdk/README.md", "function Live");
    const { page, lines } = await open(code + FOR_REACT);
    await shows(page, "section p", "1 watching");
    await page.locator("section p + button").click();
    await shows(page, "section p + button", /♥ 1/);
    await comment({ text: "after" });
    const items = async () => await page.locator("section li").allTextContents();
    await expect.poll(items).toEqual(["before", "after"]);
    await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>("section p + button");
      for (let n = 0; n < 90; n += 1) button?.click();
    });
    await shows(page, "section p + button", /♥ 91/);
    expect(lines.filter((line) => !line.includes("data_unexpected"))).toEqual([]);
  });
});

test("in Node, the example with a package's WebSocket connects", async () => {
  const code = `${example("sdk/README.md", 'from "ws"')}
    ovation.onState(({ name }) => { if (name === "connected") ovation.close(); });`;
  const folder = await mkdtemp(join(root, ".cache/example-"));
  try {
    const file = join(folder, "main.mjs");
    await writeFile(file, await bundledWithSdk(code, "node"));
    const child = spawn(process.execPath, [file], { stdio: "inherit" });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
