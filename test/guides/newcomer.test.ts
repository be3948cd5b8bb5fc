/** A newcomer's way through the guide "add it to your page": its commands and files, in an empty folder. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { Command, NpmStart } from "../local/npm-start.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { PageCode } from "../support/page-code.ts";

const COMMENT = "From the first window";
const guide = new PageCode("docs/guides/add-to-your-page.md");

describe.skipIf(!hasBrowser)("a newcomer with an empty folder", () => {
  let browser: Browser;
  let folder: string;
  let port: number;
  let stack: NpmStart;
  let server: Command | undefined;

  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), "newcomer-"));
    port = await freePort();
    expect(guide.block("sh", "npm start")).toBe("npm start\n");
    stack = new NpmStart("--port", String(port), "--audience", "0");
    await stack.up();
  });
  afterAll(async () => {
    server?.signalGroup("SIGKILL");
    await browser?.close();
    stack?.signalGroup("SIGINT");
    await stack?.ended;
    await stack?.cleanUp();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function save(html: string): Promise<void> {
    await writeFile(
      join(folder, "index.html"),
      html.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`),
    );
  }

  async function open(url: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    return page;
  }

  test("sees in one window what is liked and written in another, from a file and from a server", async () => {
    await save(guide.block("html", "ovation-live"));
    const web = await freePort();
    const serve = guide.block("sh", "http.server").replace("5173", String(web));
    server = new Command("sh", ["-c", `cd ${folder} && exec ${serve}`]);
    const address = `http://localhost:${web}/`;
    await eventually(async () => (await fetch(address).catch(() => undefined))?.ok === true);
    const [one, two] = [await open(`file://${folder}/index.html`), await open(address)];

    await one.locator("ovation-hearts button").click();
    await two.locator("ovation-hearts [part=count]").getByText("1", { exact: true }).waitFor();
    const field = one.locator("ovation-chat").getByLabel("Your comment");
    await field.fill(COMMENT);
    await field.press("Enter");
    await two.locator("ovation-chat").getByText(COMMENT).waitFor();
    await two.reload();
    await two.locator("ovation-chat").getByText(COMMENT).waitFor();
    await one.locator("ovation-viewers").getByText("2 watching").waitFor();
  });

  test("writes a page with the client from the same script", async () => {
    await save(guide.block("html", "import { Ovation }"));
    const page = await open(`file://${folder}/index.html`);
    await page.locator("#like").click();
    await expect.poll(() => page.locator("#like").textContent()).toMatch(/♥ [12]/);
    await expect.poll(() => page.locator("#viewers").textContent()).toMatch(/\d watching/);
  });

  test("has the whole page with the four lines of the README", async () => {
    await save(new PageCode("README.md").block("html"));
    const page = await open(`file://${folder}/index.html`);
    await page.locator("ovation-chat").getByText(COMMENT).waitFor();
  });

  test("each block is run", () => {
    // Run by test/sdk/package.test.ts.
    guide.block("sh", "build:sdk");
    expect(guide.untaken).toEqual([]);
  });
});
