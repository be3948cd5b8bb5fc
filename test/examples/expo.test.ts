/** examples/expo: bundled by Metro for phones, and its web build in Chromium. */
import { globSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comment, open, shows } from "../react/support/page.ts";
import { hasBrowser } from "../support/chromium.ts";
import { type Example, startExample } from "./support/example.ts";
import { serveFolder } from "./support/serve-folder.ts";

let example: Example;
let server: Server | undefined;

beforeAll(async () => {
  if (!hasBrowser) return;
  example = await startExample("expo", "EXPO_PUBLIC_OVATION_URL", {}, { CI: "1" });
  await example.project.install();
});
afterAll(async () => {
  server?.close();
  await example?.stop();
});

async function build(platform: string): Promise<string> {
  const { project } = example;
  const { code, output } = await project.run("npm", ["run", `build:${platform}`]);
  expect(code, output).toBe(0);
  return join(project.folder, "dist");
}

describe.skipIf(!hasBrowser)("the example expo", () => {
  test.each(["android", "ios"])("is bundled for %s, and compiled for Hermes", async (platform) => {
    const folder = await build(platform);
    expect(globSync(`_expo/static/js/${platform}/*.hbc`, { cwd: folder })).toHaveLength(1);
  });

  test("likes, comments and shows what others wrote, in a browser", async () => {
    const { stack, browser, url, port } = example;
    await comment(stack, "before");
    server = await serveFolder(await build("web"), port);
    const { page, faults } = await open(browser, url);
    await shows(page, "[data-testid=viewers]", "1 watching");
    await shows(page, "body", "before");
    await page.getByRole("button").click();
    await shows(page, "[role=button]", "♥ 1");
    await page.getByLabel("Your comment").fill("from the app");
    await page.getByLabel("Your comment").press("Enter");
    await shows(page, "body", "from the app");
    expect(faults).toEqual([]);
  });
});
