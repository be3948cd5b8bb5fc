/** The packed client in a Vite project: hot reload, and the build. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { Project } from "../support/project.ts";
import { metric, TestStack } from "../support/stack.ts";
import { comment, isLive, open, shows } from "./support/page.ts";

let stack: TestStack;
let project: Project;
let browser: Browser;
let url: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launchChromium();
  stack = await TestStack.start({ gateway: { lingerMs: 0, countIntervalMs: 50 } });
  const port = await freePort();
  url = `http://127.0.0.1:${port}/`;
  const OVATION_GATEWAY = `http://127.0.0.1:${stack.gateway.port}`;
  project = new Project("test/react/vite", { PORT: String(port), OVATION_GATEWAY });
  await project.install();
  await comment(stack, "before");
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await project?.stop();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const metricOf = async (name: string) =>
  await metric(stack.gateway, `ovation_gateway_${name}_total`);

/** Open connections at the gateway. */
async function connections(): Promise<number> {
  return (await metricOf("connections_opened")) - (await metricOf("connections_closed"));
}

describe.skipIf(!hasBrowser)("in a Vite project", () => {
  test("a page in StrictMode survives hot reloads, over its one connection", async () => {
    await project.serve("vite", [], url);
    const { page, faults } = await open(browser, url);
    await isLive(stack, page, "before");
    await page.evaluate(() => document.body.setAttribute("data-same", "page"));
    const path = join(project.folder, "src/live.jsx");
    const part = join(project.folder, "live.jsx.part");
    const source = await readFile(path, "utf8");
    for (let edit = 1; edit <= 4; edit += 1) {
      const edited = source.replace("Edit 0", `Edit ${edit}`);
      // Vite's watcher drops what is saved within 50 ms of the last change: saved until it is seen.
      const saved = async () => {
        // As editors do, so that Vite never reads a part of it.
        await writeFile(part, edited);
        await rename(part, path);
        return await page.locator("h1").textContent();
      };
      await expect.poll(saved, { interval: 1_000, timeout: 60_000 }).toBe(`Edit ${edit}`);
    }
    await comment(stack, "reloaded");
    await shows(page, "li", /^before\nafter\nreloaded$/);
    await shows(page, "#viewers", "1 watching");
    expect(await page.locator("body").getAttribute("data-same")).toBe("page");
    expect(await connections()).toBe(1);
    expect(faults).toEqual([]);
  });

  test("the built page is live", async () => {
    const { code, output } = await project.run("npm", ["run", "build"]);
    expect(code, output).toBe(0);
    await project.serve("vite", ["preview"], url);
    const { page, faults } = await open(browser, url);
    await isLive(stack, page, "before");
    expect(faults).toEqual([]);
  });
});
