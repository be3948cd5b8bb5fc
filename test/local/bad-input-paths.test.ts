/** What a bad path, method or header gets, and that slow clients delay nobody. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ask, BusSniffer, FOREIGN, RawSocket } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

let stack: TestStack;
let sniffer: BusSniffer;
let port: number;

beforeAll(async () => {
  stack = await TestStack.start();
  port = stack.gateway.port;
  sniffer = await BusSniffer.start(stack.nats.url);
});
afterEach(async () => {
  await sniffer.fence(port);
  expect(sniffer.takeForeign()).toEqual([]);
});
afterAll(async () => {
  await sniffer?.stop();
  await stack?.stop();
});

const PUBLISH = {
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ kind: "like", data: FOREIGN }),
};

test.each([
  ["a dot", "a.b"],
  ["an escaped dot", "a%2Eb"],
  ["an escaped letter", "%61"],
  ["an escaped space", "a%20b"],
  ["a plus", "a+b"],
  ["*", "*"],
  [">", ">"],
  ["an escaped >", "%3E"],
  ["two dots", ".."],
  ["an escaped slash", "a%2Fb"],
  ["an escaped line break", "a%0D%0APUB%20x%201"],
  ["a NUL", "a%00"],
  ["a letter beyond ASCII", "%C3%A9"],
  ["129 characters", "v".repeat(129)],
  ["no character", ""],
])("a video id of %s is refused with a named error, for reads and writes", async (_what, video) => {
  const path = `/v1/videos/${video}/events`;
  for (const request of [{ path }, { path, method: "POST", ...PUBLISH }]) {
    const answer = await ask(port, request);
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: "video_invalid", field: "video" });
  }
});

test("a video id of 128 characters is valid", async () => {
  const video = `ok-${"v".repeat(125)}`;
  const path = `/v1/videos/${video}/events`;
  const request = { ...PUBLISH, path, method: "POST", body: '{"kind":"like","id":"mine"}' };
  expect((await ask(port, request)).body).toEqual({ accepted: ["mine"] });
});

test.each([
  "/",
  "/v1",
  "/v1/video",
  "/v1/videos/ok-a/",
  "/v1/videos/ok-a/nothing",
  "/v1/videos/ok-a/events/",
  "/v1/videos/ok-a/b/events",
  "//v1/videos/ok-a/events",
  "/V1/videos/ok-a/events",
  "/v2/videos/ok-a/events",
  "/v1/videos/ok-a/events%3Fx",
  "/metrics",
  "/healthz",
])("there is nothing at %s", async (path) => {
  for (const request of [{ path }, { path, method: "POST", ...PUBLISH }]) {
    const answer = await ask(port, request);
    expect(answer.status).toBe(404);
    expect(answer.error).toMatchObject({ code: "not_found" });
  }
});

test.each(["PUT", "PATCH", "OPTIONS"])(
  "the method %s is refused with a list of the allowed ones",
  async (method) => {
    const answer = await ask(port, { ...PUBLISH, method, path: "/v1/videos/ok-a/events" });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe("GET, HEAD, POST, DELETE");
    expect(answer.error).toMatchObject({ code: "method_not_allowed" });
  },
);

test("HEAD is answered without a body, so that the next response can be parsed", async () => {
  const socket = await RawSocket.open(port);
  for (const path of ["/v1/videos/no.video/events", "/nowhere"]) {
    socket.write(
      `HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const head = await socket.headResponse();
    expect(head.status).toBe(path === "/nowhere" ? 404 : 400);
    expect((await socket.response()).error).toMatchObject({ code: "not_found" });
  }
  socket.destroy();
});

test.each(["application/json", "text/html", "text/event-streams", "image/*;q=0.8, text/plain"])(
  "a client that accepts only %s gets no stream",
  async (accept) => {
    const answer = await ask(port, { path: "/v1/videos/ok-a/events", headers: { accept } });
    expect(answer.status).toBe(406);
    expect(answer.error).toMatchObject({ code: "not_acceptable" });
    expect(await metric(stack.gateway, "ovation_gateway_event_streams")).toBe(0);
  },
);

test.each(["text/event-stream", "*/*", "text/html, TEXT/*;q=0.5", undefined])(
  "a client that accepts %s gets one",
  async (accept) => {
    const socket = await RawSocket.open(port);
    const line = accept === undefined ? "" : `Accept: ${accept}\r\n`;
    socket.write(`GET /v1/videos/ok-a/events HTTP/1.1\r\nHost: x\r\n${line}\r\n`);
    const { status, headers } = await socket.response();
    expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"]);
    socket.destroy();
  },
);

// uWebSockets.js closes some of these after ten seconds: they wait together.
test.concurrent.each([
  ["bytes that aren't HTTP", "hello\r\n\r\n"],
  ["a path with a space", "GET /v1/videos/a b/events HTTP/1.1\r\nHost: x\r\n\r\n"],
  [
    "a bad Content-Length",
    `POST /v1/videos/ok-a/events HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n`,
  ],
  ["headers of 16 KiB", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(16_384)}\r\n\r\n`],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
])("a client that sends %s is disconnected, and others are not", async (_what, bytes) => {
  const stream = await TestEventStream.open(port, "ok-a");
  const socket = await RawSocket.open(port);
  socket.write(bytes);
  await socket.untilClosed();
  expect((await ask(port, { path: "/" })).status).toBe(404);
  expect(stream.isEnded).toBe(false);
  stream.close();
});

test.concurrent("headers that trickle in delay nobody, and time out", async () => {
  const slowClients = await Promise.all(Array.from({ length: 200 }, () => RawSocket.open(port)));
  for (const socket of slowClients) socket.write("GET /v1/connect HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const trickle = setInterval(() => {
    for (const socket of slowClients) socket.write("x");
  }, 250);
  const viewer = await TestSocket.connect(port);
  expect(await viewer.ask("subscribe", { video: "ok-a" })).toMatchObject({ op: "result" });
  expect(slowClients.every(({ isClosed }) => !isClosed)).toBe(true);
  await Promise.all(slowClients.map((socket) => socket.untilClosed()));
  clearInterval(trickle);
  expect(await viewer.ask("unsubscribe", { video: "ok-a" })).toMatchObject({ op: "result" });
  await viewer.close();
});
