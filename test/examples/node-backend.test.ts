/** examples/node-backend: its tokens at a gateway that checks them, and what it publishes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClient, CLIENT_FOLDER } from "../../deploy/client/bundle.ts";
import { open, shows } from "../react/support/page.ts";
import { hasBrowser } from "../support/chromium.ts";
import { SECRET } from "../support/tokens.ts";
import { type Example, startExample } from "./support/example.ts";

const COMMENT = "ovation-chat li[part=comment] [part=text]";

let example: Example;

beforeAll(async () => {
  if (!hasBrowser) return;
  await buildClient();
  const gateway = { open: false, authSecret: SECRET, clientDir: CLIENT_FOLDER };
  example = await startExample("node-backend", "OVATION_URL", gateway, {
    OVATION_AUTH_SECRET: String(SECRET),
  });
  await example.project.install();
});
afterAll(() => example?.stop());

describe.skipIf(!hasBrowser)("the example node-backend", () => {
  test("signs viewers in, and its comment reaches them", async () => {
    const { project, browser, url } = example;
    await project.serve("npm", ["start"], url);
    const { page, faults } = await open(browser, url);
    await page.getByText("1 watching").waitFor();
    await page.getByRole("textbox", { name: "Your comment" }).fill("Hello");
    await page.keyboard.press("Enter");
    await shows(page, COMMENT, "Hello");
    const { code, output } = await project.run("npm", ["run", "say", "--", "Kick-off!"]);
    expect(code, output).toBe(0);
    await shows(page, COMMENT, /^Hello\nKick-off!$/);
    expect(faults).toEqual([]);
  });
});
