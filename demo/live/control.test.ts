/** The control server over real HTTP: what it does, and which pages it accepts. */
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

async function send(path: string, question: Question = {}): Promise<Answer> {
  const { method = "POST", host = `127.0.0.1:${port}`, body = "{}" } = question;
  const origin = "origin" in question ? question.origin : ORIGIN;
  const headers = { host, ...JSON_TYPE, ...(origin === undefined ? {} : { origin }) };
  return await new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        // A stream is read up to its first message.
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
  test.each([ORIGIN, `http://localhost:${PAGE_PORT}`])("from %s may use it", async (origin) => {
    const host = `localhost:${port}`;
    const answer = await send("/processes/gateway-1/kill", { origin, host });
    expect(answer.status).toBe(202);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect((await send("/processes/gateway-1/revive", { origin })).status).toBe(202);
    await send("/audience", { origin, body: '{"viewers":5,"likesPerSecond":2.5}' });
    expect(done).toEqual(["kill gateway-1", "revive gateway-1", "5 2.5"]);
  });

  test("gets 409 when the action isn't possible", async () => {
    isAble = false;
    expect((await send("/processes/gateway-1/kill")).status).toBe(409);
  });

  test("gets the stack's state as a stream until it closes it", async () => {
    const { status, body } = await send("/live", { method: "GET" });
    expect({ status, body }).toEqual({ status: 200, body: 'data: {"at":1}\n\n' });
    await expect.poll(() => viewers.size).toBe(0);
  });

  test("gets an answer to a preflight request", async () => {
    const { status, headers } = await send("/audience", { method: "OPTIONS" });
    expect(status).toBe(204);
    expect(headers["access-control-allow-headers"]).toBe("Content-Type");
  });

  test("is disconnected when the server stops", async () => {
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

describe("any other page", () => {
  test.each([
    ["a page on another port", { origin: "http://127.0.0.1:8081" }],
    ["a page of another site", { origin: "https://evil.example" }],
    ["a page with an opaque origin", { origin: "null" }],
    ["a request without an origin", { origin: undefined }],
    ["a foreign name that resolves to this machine", { host: "evil.example:8080" }],
    ["a foreign name that resolves to this machine, with this port", { host: "evil.example" }],
  ])("is rejected: %s", async (_who, question) => {
    for (const path of ["/processes/gateway-1/kill", "/audience", "/live"]) {
      const method = path === "/live" ? "GET" : "POST";
      const answer = await send(path, { method, ...question });
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect((await send(path, { method: "OPTIONS", ...question })).status).toBe(403);
    }
    expect(done).toEqual([]);
    expect(viewers.size).toBe(0);
  });
});

describe("an invalid request", () => {
  test.each(["/", "/processes/nats/kill", "/processes/gateway-1/stop", "/processes/%2e/kill"])(
    "%s is not found",
    async (path) => expect((await send(path)).status).toBe(404),
  );

  test.each([
    "",
    "[]",
    '{"viewers":-1,"likesPerSecond":0}',
    '{"viewers":1.5,"likesPerSecond":0}',
    '{"viewers":1001,"likesPerSecond":0}',
    '{"viewers":0,"likesPerSecond":1e9}',
    '{"viewers":0,"likesPerSecond":"1"}',
  ])("an audience of %s is rejected", async (body) => {
    expect((await send("/audience", { body })).status).toBe(400);
    expect(done).toEqual([]);
  });

  test("a body that is too large is rejected", async () => {
    const body = JSON.stringify({ viewers: 0, likesPerSecond: 0, more: "x".repeat(2_000) });
    expect((await send("/audience", { body })).status).toBe(413);
  });
});
