/** examples/next: the HTML of the server, and the page in Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comment, open, shows } from "../react/support/page.ts";
import { hasBrowser } from "../support/chromium.ts";
import { post } from "../support/viewer.ts";
import { type Example, startExample } from "./support/example.ts";

let example: Example;

beforeAll(async () => {
  if (!hasBrowser) return;
  example = await startExample("next", "NEXT_PUBLIC_OVATION_URL");
  const { project, stack } = example;
  await project.install();
  await comment(stack, "before");
  await post(stack.gateway.port, "launch", { kind: "like" });
  const { code, output } = await project.run("npm", ["run", "build"]);
  expect(code, output).toBe(0);
});
afterAll(() => example?.stop());

describe.skipIf(!hasBrowser)("the example next", () => {
  test("renders what a gateway knows on the server, and goes on from there in the page", async () => {
    const { project, stack, browser, url } = example;
    await project.serve("next", ["start", "--hostname", "127.0.0.1"], url);
    // The total is stored within a second.
    const html = async () =>
      (await (await fetch(url)).text()).replaceAll("<!-- -->", "").replaceAll(/\s+/g, " ");
    await expect.poll(html, { timeout: 30_000 }).toContain("♥ 1</button>");
    expect(await html()).toContain("<li>before</li>");
    expect(await html()).toContain("0 watching");
    const { page, faults } = await open(browser, url);
    await shows(page, "#state", "connected");
    await shows(page, "main > p", "1 watching");
    await page.locator("button").click();
    await shows(page, "button", "♥ 2");
    await comment(stack, "after");
    await shows(page, "li", /^before\nafter$/);
    expect(faults).toEqual([]);
  });

  test("renders without a gateway, too", async () => {
    const { stack, url } = example;
    await stack.gateway.stop();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("watching");
  });
});
