/** The packed client in a Next.js project: server components, and hydration. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { Project, type Ran } from "../support/project.ts";
import { TestStack } from "../support/stack.ts";
import { comment, isLive, open } from "./support/page.ts";

let stack: TestStack;
let project: Project;
let browser: Browser;
let url: string;
let built: Ran;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launchChromium();
  const port = await freePort();
  url = `http://127.0.0.1:${port}/`;
  // Next.js rewrites set the gateway's own name as `Host`.
  const allowedOrigins = ["same-origin", new URL(url).origin];
  const gateway = { allowedOrigins, lingerMs: 0, countIntervalMs: 50 };
  stack = await TestStack.start({ gateway });
  const OVATION_GATEWAY = `http://127.0.0.1:${stack.gateway.port}`;
  project = new Project("test/react/next", { PORT: String(port), OVATION_GATEWAY });
  await project.install();
  await comment(stack, "before");
  built = await project.run("npm", ["run", "build"]);
});
afterAll(async () => {
  await project?.stop();
  await browser?.close();
  await stack?.stop();
});

describe.skipIf(!hasBrowser)("in a Next.js project", () => {
  test("a client with the URL / can be created on the server, which builds and renders the page", async () => {
    expect(built.code, built.output).toBe(0);
    await project.serve("next", ["start", "--hostname", "127.0.0.1"], url);
    const html = await (await fetch(url)).text();
    expect(html).toContain("Next.js");
    expect(html).toContain('<p id="state">idle</p>');
  });

  test("the page hydrates without errors, and is live", async () => {
    const { page, faults } = await open(browser, url);
    // Not every version's rewrites forward a WebSocket.
    await isLive(stack, page, "before", /sse|websocket/);
    expect(faults).toEqual([]);
  });

  test("hooks in a server component fail with an error that says why", async () => {
    await project.stop();
    const page = `
      import { Ovation } from "ovation-client";
      import { useVideo } from "ovation-client/react";
      const ovation = new Ovation({ url: "/" });
      export default function Page() {
        return <p>{useVideo(ovation, "launch").id}</p>;
      }
    `;
    await writeFile(join(project.folder, "app/page.jsx"), page);
    const { code, output } = await project.run("npm", ["run", "build"]);
    expect(code).not.toBe(0);
    expect(output).toMatch(
      /Attempted to call useVideo\(\) from the server but useVideo is on the client/,
    );
  });
});
