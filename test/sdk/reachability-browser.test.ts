/** Why a page gets no connection, even though its browser does not say: the SDK finds the error code. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { type PageOptions, TestBrowser } from "./support/browser.ts";
import { Network } from "./support/network.ts";

let browser: TestBrowser;
let stack: TestStack;
/** Serves the page. */
let home: Network;
/** Another server, which no page of another origin may read. */
let stranger: Server;
let strangerUrl: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await TestBrowser.start();
  stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  home = await Network.start(stack.gateway.port);
  stranger = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const address = stranger.address();
  if (typeof address === "object") strangerUrl = `http://127.0.0.1:${address?.port}`;
});
afterEach(async () => {
  await browser?.closePages();
});
afterAll(async () => {
  await browser?.stop();
  await home?.stop();
  await stack?.stop();
  stranger?.close();
});

async function open({ options, ...how }: PageOptions): Promise<Page> {
  return await browser.open(home, { options: { reconnectFirstMs: 50, ...options }, ...how });
}

/** The state, once its reason has this code. */
async function stateWith(page: Page, code: string) {
  const state = await page.waitForFunction((expected) => {
    const { state } = window.parts.ovation;
    return state.name === "reconnecting" && state.reason.code === expected ? state : undefined;
  }, code);
  return await state.jsonValue();
}

const TRANSPORTS = ["auto", "websocket", "sse"] as const;

describe.skipIf(!hasBrowser)("a page in a browser learns", () => {
  test.each(TRANSPORTS)("that its origin is refused, over %s", async (transport) => {
    const url = `http://127.0.0.1:${stack.gateway.port}`;
    const page = await open({ options: { url, transport } });
    expect(await stateWith(page, "origin_refused")).toMatchObject({
      reason: { message: expect.stringContaining(`--allowed-origins same-origin,${home.url}`) },
    });
  });

  test.each(TRANSPORTS)("that the URL is not a gateway's, over %s", async (transport) => {
    const page = await open({ options: { url: strangerUrl, transport } });
    await stateWith(page, "wrong_address");
  });

  test.each(TRANSPORTS)("that nothing answers, over %s", async (transport) => {
    const page = await open({ options: { url: "http://127.0.0.1:9", transport } });
    await page.waitForFunction(() => {
      const { state } = window.parts.ovation;
      return state.name === "reconnecting" && state.attempt > 2;
    });
    await stateWith(page, "unreachable");
  });

  test.each(TRANSPORTS)("that its own policy blocks it, over %s", async (transport) => {
    const url = `http://127.0.0.1:${stack.gateway.port}`;
    const page = await open({ options: { url, transport }, policy: "connect-src 'self'" });
    await stateWith(page, "csp_blocked");
  });

  test("of a chunk that can't be loaded, and connects once it can", async () => {
    const first = await open({});
    const context = first.context();
    await context.route("**/over-http-*.js", (route) => route.abort());
    const page = await open({ options: { transport: "sse" }, beside: first });
    await stateWith(page, "chunk_unavailable");
    await context.unroute("**/over-http-*.js");
    await page.waitForFunction(() => window.parts.ovation.state.name === "connected");
  });

  test.each(TRANSPORTS)("that an https: page can't use http:, over %s", async (transport) => {
    const page = await open({
      options: { url: "http://live.example", transport },
      origin: "https://page.example",
    });
    await stateWith(page, "mixed_content");
  });
});
