/** Which web pages may use a gateway: by WebSocket, by Server-Sent Events and by HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attemptConnect } from "../../support/connect-attempt.ts";
import { ask } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";

const GOOD = "https://good.example";
const STREAM = "/v1/videos/launch/events";
const JSON_TYPE = { "content-type": "application/json" };

let stack: TestStack;
let port: number;
let own: string;

beforeAll(async () => {
  stack = await TestStack.start({ gateway: { allowedOrigins: ["same-origin", GOOD] } });
  port = stack.gateway.port;
  own = `http://127.0.0.1:${port}`;
});
afterAll(async () => await stack?.stop());

const STRANGERS = [
  "https://evil.example",
  "https://good.example.evil.com",
  "https://evilgood.example",
  "http://good.example",
  "https://good.example:8443",
  "null",
];

describe("a WebSocket", () => {
  test("is opened to an allowed page, to a page of the same host, and to clients other than browsers", async () => {
    for (const origin of [GOOD, own])
      expect((await attemptConnect(port, { origin })).status).toBe(101);
    expect((await attemptConnect(port)).status).toBe(101);
  });

  test.each(STRANGERS)("is refused to a page of %s, with 403 and no socket", async (origin) => {
    const opened = await metric(stack.gateway, "ovation_gateway_connections_opened_total");
    expect((await attemptConnect(port, { origin })).status).toBe(403);
    expect(await metric(stack.gateway, "ovation_gateway_connections_opened_total")).toBe(opened);
  });
});

describe("over HTTP", () => {
  test("an allowed page may read the response and its exposed headers", async () => {
    const headers = { ...JSON_TYPE, origin: GOOD };
    const body = JSON.stringify({ kind: "like" });
    const answer = await ask(port, { method: "POST", path: STREAM, headers, body });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": GOOD,
      "access-control-expose-headers": "Retry-After, X-Request-Id",
      vary: "Origin",
    });
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  });

  test("an allowed page may read errors too", async () => {
    const answer = await ask(port, { path: "/v1/videos/a.b/history", headers: { origin: GOOD } });
    expect(answer.status).toBe(400);
    expect(answer.headers["access-control-allow-origin"]).toBe(GOOD);
  });

  test.each(STRANGERS)(
    "a page of %s is refused, and may not even read the error",
    async (origin) => {
      for (const [method, path] of [
        ["GET", STREAM],
        ["POST", STREAM],
        ["GET", "/v1/videos/launch/history"],
        ["GET", "/v1/ping"],
        ["DELETE", `${STREAM}/c1`],
      ] as const) {
        const headers = { ...JSON_TYPE, origin };
        const answer = await ask(port, { method, path, headers });
        expect(answer.status).toBe(403);
        expect(answer.error).toMatchObject({ code: "origin_refused", field: "Origin" });
        expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
        expect(answer.headers["vary"]).toBe("Origin");
      }
    },
  );

  test.each(STRANGERS)("a page of %s may read why no WebSocket is opened to it", async (origin) => {
    const answer = await ask(port, { path: "/v1/connect", headers: { origin } });
    expect(answer.status).toBe(403);
    expect(answer.error).toMatchObject({ code: "origin_refused", field: "Origin" });
    expect(answer.error?.["message"]).toContain(`--allowed-origins same-origin,${origin}`);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    const preflight = { origin, "access-control-request-method": "POST" };
    const other = await ask(port, { method: "OPTIONS", path: "/v1/connect", headers: preflight });
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("a client that is not a browser gets no CORS headers", async () => {
    const answer = await ask(port, { path: "/v1/ping" });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answer.headers["vary"]).toBe("Origin");
  });
});

describe("a preflight request", () => {
  const preflight = (origin: string, method: string) => ({
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": "authorization,content-type",
  });

  test.each([
    [STREAM, "POST", "GET, HEAD, POST, DELETE"],
    [`${STREAM}/c1`, "DELETE", "DELETE"],
    ["/v1/videos/launch/history", "GET", "GET, HEAD"],
    ["/v1/ping", "GET", "GET, HEAD"],
  ])("for %s gets the allowed methods", async (path, method, methods) => {
    const answer = await ask(port, { method: "OPTIONS", path, headers: preflight(GOOD, method) });
    expect(answer.status).toBe(204);
    expect(answer.bytes).toHaveLength(0);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": GOOD,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": expect.stringMatching(
        /^Authorization, Content-Type, Last-Event-ID/,
      ),
      "access-control-max-age": "7200",
    });
  });

  test.each(STRANGERS)("from a page of %s is refused", async (origin) => {
    const headers = preflight(origin, "POST");
    const answer = await ask(port, { method: "OPTIONS", path: STREAM, headers });
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("for an unknown path gets 404", async () => {
    const headers = preflight(GOOD, "GET");
    const answer = await ask(port, { method: "OPTIONS", path: "/v1/nothing", headers });
    expect(answer.status).toBe(404);
  });
});
