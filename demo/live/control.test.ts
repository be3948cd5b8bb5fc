/** The control server over real HTTP: what it does, and whom it answers. */
import { type IncomingHttpHeaders, request } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import type { Snapshot } from "../contract.ts";
import { ControlServer } from "./control.ts";
import type { Viewer } from "./live.ts";

const PAGE_PORT = 8080;
const ORIGIN = `http://127.0.0.1:${PAGE_PORT}`;
const JSON_TYPE = { "content-type": "application/json" };

let port = 0;
let server: ControlServer;
let done: string[] = [];
let viewers = new Set<Viewer>();
let isAble = true;

beforeEach(async () => {
  done = [];
  viewers = new Set();
  isAble = true;
  const act = (what: string) => {
    done.push(what);
    return isAble;
  };
  server = new ControlServer({
    pagePort: PAGE_PORT,
    live: {
      watch: (viewer) => {
        viewers.add(viewer);
        viewer({ at: 1 } as Snapshot);
        return () => viewers.delete(viewer);
      },
    },
    actions: {
      names: ["gateway-1"],
      kill: (name) => act(`kill ${name}`),
      revive: (name) => act(`revive ${name}`),
      setAudience: ({ viewers: count, likesPerSecond }) => act(`${count} ${likesPerSecond}`),
    },
  });
  port = await freePort();
  await server.start(port);
});
afterEach(() => server.stop());

interface Question {
  readonly method?: string;
  readonly host?: string;
  readonly origin?: string | undefined;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, question: Question = {}): Promise<Answer> {
  const { method = "POST", host = `127.0.0.1:${port}`, body = "{}" } = question;
  const origin = "origin" in question ? question.origin : ORIGIN;
  const headers = { host, ...JSON_TYPE, ...(origin === undefined ? {} : { origin }) };
  return await new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        // What goes on is read as far as its first message.
        if (response.headers["content-type"] === "text/event-stream") response.destroy();
      });
      response.on("close", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject).end(method === "GET" ? undefined : body);
  });
}

describe("the stack's page", () => {
  test.each([ORIGIN, `http://localhost:${PAGE_PORT}`])("from %s may act", async (origin) => {
    const host = `localhost:${port}`;
    const answer = await ask("/processes/gateway-1/kill", { origin, host });
    expect(answer.status).toBe(202);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect((await ask("/processes/gateway-1/revive", { origin })).status).toBe(202);
    await ask("/audience", { origin, body: '{"viewers":5,"likesPerSecond":2.5}' });
    expect(done).toEqual(["kill gateway-1", "revive gateway-1", "5 2.5"]);
  });

  test("is told when nothing could be done", async () => {
    isAble = false;
    expect((await ask("/processes/gateway-1/kill")).status).toBe(409);
  });

  test("gets the stack as a stream, until it goes", async () => {
    const { status, body } = await ask("/live", { method: "GET" });
    expect({ status, body }).toEqual({ status: 200, body: 'data: {"at":1}\n\n' });
    await expect.poll(() => viewers.size).toBe(0);
  });

  test("may ask what it may", async () => {
    const { status, headers } = await ask("/audience", { method: "OPTIONS" });
    expect(status).toBe(204);
    expect(headers["access-control-allow-headers"]).toBe("Content-Type");
  });

  test("is closed with the server", async () => {
    const answer = fetch(`http://127.0.0.1:${port}/live`, { headers: { origin: ORIGIN } });
    const body = (await answer).text();
    await expect.poll(() => viewers.size).toBe(1);
    await server.stop();
    expect(await body).toBe('data: {"at":1}\n\n');
    server = new ControlServer({
      pagePort: PAGE_PORT,
      live: { watch: () => () => undefined },
      actions: { names: [], kill: () => true, revive: () => true, setAudience: () => undefined },
    });
    await server.start(port);
  });
});

describe("nobody else", () => {
  test.each([
    ["a page of another port", { origin: "http://127.0.0.1:8081" }],
    ["a page of another site", { origin: "https://evil.example" }],
    ["a page that hides where it is from", { origin: "null" }],
    ["one that does not say", { origin: undefined }],
    ["a name that was led here", { host: "evil.example:8080" }],
    ["a name that was led here, with this port", { host: "evil.example" }],
  ])("may act: %s", async (_who, question) => {
    for (const path of ["/processes/gateway-1/kill", "/audience", "/live"]) {
      const method = path === "/live" ? "GET" : "POST";
      const answer = await ask(path, { method, ...question });
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect((await ask(path, { method: "OPTIONS", ...question })).status).toBe(403);
    }
    expect(done).toEqual([]);
    expect(viewers.size).toBe(0);
  });
});

describe("what makes no sense", () => {
  test.each(["/", "/processes/nats/kill", "/processes/gateway-1/stop", "/processes/%2e/kill"])(
    "%s is not there",
    async (path) => expect((await ask(path)).status).toBe(404),
  );

  test.each([
    "",
    "[]",
    '{"viewers":-1,"likesPerSecond":0}',
    '{"viewers":1.5,"likesPerSecond":0}',
    '{"viewers":1001,"likesPerSecond":0}',
    '{"viewers":0,"likesPerSecond":1e9}',
    '{"viewers":0,"likesPerSecond":"1"}',
  ])("an audience of %s is refused", async (body) => {
    expect((await ask("/audience", { body })).status).toBe(400);
    expect(done).toEqual([]);
  });

  test("too long a body is refused", async () => {
    const body = JSON.stringify({ viewers: 0, likesPerSecond: 0, more: "x".repeat(2_000) });
    expect((await ask("/audience", { body })).status).toBe(413);
  });
});
