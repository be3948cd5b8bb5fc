/** examples/vite-react, in Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comment, open, shows } from "../react/support/page.ts";
import { hasBrowser } from "../support/chromium.ts";
import { type Example, startExample } from "./support/example.ts";

let example: Example;

beforeAll(async () => {
  if (hasBrowser) example = await startExample("vite-react", "VITE_OVATION_URL");
});
afterAll(() => example?.stop());

describe.skipIf(!hasBrowser)("the example vite-react", () => {
  test("compiles, and its page likes, comments and shows what others wrote", async () => {
    const { project, stack, browser, url, port } = example;
    await project.install();
    await comment(stack, "before");
    const { code, output } = await project.run("npm", ["run", "build"]);
    expect(code, output).toBe(0);
    await project.serve("vite", ["preview", "--host", "127.0.0.1", "--port", port], url);
    const { page, faults } = await open(browser, url);
    await shows(page, "main > p", "1 watching");
    await shows(page, "li", "before");
    await page.locator("main > button").click();
    await shows(page, "main > button", "♥ 1");
    await page.getByLabel("Your comment").fill("from the page");
    await page.getByText("Send").click();
    await shows(page, "li", /^before\nfrom the page$/);
    expect(faults).toEqual([]);
  });
});
