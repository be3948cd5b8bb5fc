/** A gateway with a base path, behind a proxy that doesn't strip it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTE_PATHS } from "../../gateway/api/http/routes.ts";
import { attemptConnect } from "../support/connect-attempt.ts";
import { ask } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";

const directory = mkdtempSync(join(tmpdir(), "ovation-page-"));
writeFileSync(join(directory, "index.html"), "<title>page</title>");
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each(["/live", "/a/b.c/live-1"])("below %s", (basePath) => {
  let stack: TestStack;
  let port: number;
  beforeAll(async () => {
    stack = await TestStack.start({ gateway: { basePath, pageDir: directory } });
    ({ port } = stack.gateway);
  });
  afterAll(async () => {
    await stack?.stop();
  });

  test("the whole API is there, and nothing of it elsewhere", async () => {
    const elsewhere = [
      "",
      `${basePath}x`,
      `/x${basePath}`,
      `${basePath}${basePath}`,
      `${basePath}/`,
    ];
    for (const template of Object.values(ROUTE_PATHS)) {
      const path = template.replace("{video}", "ok-a").replace("{id}", "id");
      const statusAt = async (at: string) => (await ask(port, { method: "BREW", path: at })).status;
      expect([path, await statusAt(basePath + path)]).toEqual([path, 405]);
      for (const other of elsewhere) {
        expect([other + path, await statusAt(other + path)]).toEqual([other + path, 404]);
      }
    }
    expect((await attemptConnect(`http://127.0.0.1:${port}${basePath}`)).status).toBe(101);
    expect((await attemptConnect(port)).status).toBe(404);
  });

  test("an event is published and read there", async () => {
    const events = `${basePath}/v1/videos/ok-a/events`;
    const headers = { "content-type": "application/json" };
    const body = '{"kind":"comment","id":"c-1"}';
    const published = await ask(port, { method: "POST", path: events, headers, body });
    expect([published.status, published.body["accepted"]]).toEqual([200, ["c-1"]]);
    const history = await ask(port, { path: `${basePath}/v1/videos/ok-a/history` });
    expect(history.body["events"]).toMatchObject([{ id: "c-1" }]);
  });

  test("the page is there, with or without the slash, and health checks don't move", async () => {
    const url = `http://127.0.0.1:${port}${basePath}`;
    for (const address of [`${url}/`, `${url}/index.html`, url, `${url}?video=a`]) {
      expect(await (await fetch(address)).text()).toBe("<title>page</title>");
    }
    expect((await fetch(`${url}?video=a`)).url).toBe(`${url}/?video=a`);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    const ops = `http://127.0.0.1:${stack.gateway.opsPort}`;
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
  });
});
