/** examples/html: one file, with the elements that a gateway serves. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClient, CLIENT_FOLDER } from "../../deploy/client/bundle.ts";
import { open } from "../react/support/page.ts";
import { hasBrowser } from "../support/chromium.ts";
import { type Example, startExample } from "./support/example.ts";
import { serveFolder } from "./support/serve-folder.ts";

let example: Example;
let server: Server | undefined;
let folder: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  await buildClient();
  example = await startExample("html", "OVATION_URL", { clientDir: CLIENT_FOLDER });
  folder = await mkdtemp(join(tmpdir(), "ovation-html-"));
  const page = await readFile(join(import.meta.dirname, "../../examples/html/index.html"), "utf8");
  const gateway = `http://127.0.0.1:${example.stack.gateway.port}`;
  await writeFile(join(folder, "index.html"), page.replace("http://127.0.0.1:8080", gateway));
  server = await serveFolder(folder, example.port);
});
afterAll(async () => {
  server?.close();
  await example?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!hasBrowser)("the example html", () => {
  test("is a whole live page: what one window writes and likes, the other shows", async () => {
    const one = await open(example.browser, example.url);
    const two = await open(example.browser, example.url);
    for (const { page } of [one, two]) await page.getByText("2 watching").waitFor();
    await one.page.getByRole("textbox", { name: "Your comment" }).fill("Hello from one");
    await one.page.keyboard.press("Enter");
    await two.page.getByText("Hello from one").waitFor();
    await one.page.getByRole("button", { name: "Like" }).click();
    await two.page.getByText("1 like", { exact: true }).waitFor();
    expect([...one.faults, ...two.faults]).toEqual([]);
  });
});
