/** The work of requests: nothing is read for who may not have it, and what is done is charged. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encode } from "../../../shared/protocol/wire/codec.ts";
import { ask, type HttpAnswer, RawSocket } from "../../support/raw.ts";
import { TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { TestEventStream, TestSocket } from "../../support/viewer.ts";

const API_KEY = "a-key-of-a-backend-with-enough-characters";
/** Five seconds' worth may come at once. */
const BURST_SECONDS = 5;
/** Few, so that tests reach the limit before they gain anything worth mentioning. */
const REQUESTS = 4;
const JSON_TYPE = { "content-type": "application/json" };

let stack: TestStack;
let port: number;
beforeAll(async () => {
  stack = await TestStack.start({
    gateway: {
      open: false,
      trustedProxies: ["127.0.0.1"],
      authSecret: SECRET,
      authApiKeysFile: fileWith(
        JSON.stringify([
          { name: "backend", sha256: createHash("sha256").update(API_KEY).digest("hex") },
        ]),
      ),
      httpRequestsPerSecond: REQUESTS,
      historyBytesPerSecond: 20_000,
      viewerBodyLimitBytes: 65_536,
      historyReadsPerSecond: 1_000_000,
    },
  });
  port = stack.gateway.port;
});
afterAll(async () => await stack?.stop());

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function publish(token: string, body: string, video = "v"): Promise<HttpAnswer> {
  const headers = { ...JSON_TYPE, ...bearer(token) };
  return await ask(port, { method: "POST", path: `/v1/videos/${video}/events`, headers, body });
}

/**
 * The first answer with status 429, and how many came before it.
 * @throws when there is none among `most`
 */
async function firstLimited(most: number, request: () => Promise<HttpAnswer>) {
  for (let count = 0; count < most; count += 1) {
    const answer = await request();
    if (answer.status === 429) return { count, answer };
  }
  throw new Error(`${most} requests were not limited`);
}

describe("a body is not read", () => {
  const cases: readonly (readonly [
    string,
    number,
    string,
    () => Promise<Record<string, string>>,
  ])[] = [
    ["without a token", 401, "token_required", async () => JSON_TYPE],
    [
      "with a token that is none",
      401,
      "token_refused",
      async () => ({ ...JSON_TYPE, ...bearer("rubbish") }),
    ],
    [
      "with a token that may publish nothing",
      403,
      "forbidden",
      async () => ({ ...JSON_TYPE, ...bearer(await tokenOf({ ...VIEWER, publish: [] })) }),
    ],
    [
      "with a token of another video",
      403,
      "forbidden",
      async () => ({ ...JSON_TYPE, ...bearer(await tokenOf({ ...VIEWER, videos: ["w"] })) }),
    ],
    [
      "of a type that is not accepted",
      415,
      "content_type_unsupported",
      async () => ({ "content-type": "text/plain", ...bearer(await tokenOf(VIEWER)) }),
    ],
    [
      "in an encoding that is not accepted",
      415,
      "content_encoding_unsupported",
      async () => ({
        ...JSON_TYPE,
        "content-encoding": "gzip",
        ...bearer(await tokenOf(VIEWER)),
      }),
    ],
  ];
  test.each(cases)("%s: %i comes before its end", async (_what, status, code, headersOf) => {
    const socket = await RawSocket.open(port);
    const headers = Object.entries(await headersOf()).map(([name, value]) => `${name}: ${value}`);
    const line = "POST /v1/videos/v/events HTTP/1.1";
    const head = [line, "host: x", "content-length: 1000000", ...headers];
    socket.write(`${head.join("\r\n")}\r\n\r\n[1,`);
    const answer = await socket.response();
    expect(answer.status).toBe(status);
    expect(answer.error).toMatchObject({ code });
    await socket.untilClosed();
  });

  test("beyond 64 KiB from a viewer; a backend's may be longer", async () => {
    const token = await tokenOf({ ...VIEWER, sub: "large" });
    const list = JSON.stringify(
      Array.from({ length: 700 }, () => ({ kind: "like", data: "x".repeat(100) })),
    );
    expect(list.length).toBeGreaterThan(65_536);
    const refused = await publish(token, list);
    expect(refused.status).toBe(413);
    expect(refused.error).toMatchObject({ code: "body_too_large", limit: 65_536 });
    expect((await publish(API_KEY, list)).status).toBe(200);
  });
});

describe.each(["msgpack", "json"] as const)("values in %s are bounded by number", (wire) => {
  const values = (count: number) => encode(wire, { kind: "like", data: Array(count).fill(0) });

  test("over HTTP, more for a backend", async () => {
    const type = { "content-type": `application/${wire}` };
    const path = "/v1/videos/v/events";
    const post = async (token: string, body: Uint8Array) => {
      const headers = { ...type, ...bearer(token) };
      return await ask(port, { method: "POST", path, headers, body });
    };
    const token = await tokenOf({ ...VIEWER, sub: `values-${wire}` });
    const refused = await post(token, values(10_000));
    expect(refused.status).toBe(413);
    expect(refused.error).toMatchObject({ code: "body_too_large", limit: 10_000 });
    // Larger than an event's data may be, which is found after it was decoded.
    expect((await post(API_KEY, values(10_000))).error).toMatchObject({ code: "data_too_large" });
    expect((await post(API_KEY, values(100_000))).error).toMatchObject({ limit: 100_000 });
  });

  test("over WebSocket, and the connection stays", async () => {
    if (wire === "json") return; // 16 KiB of JSON can't hold as many.
    const viewer = await TestSocket.connect(port, wire, await tokenOf(VIEWER));
    const fields = { video: "v", kind: "like", data: Array(10_000).fill(0) };
    expect(await viewer.ask("publish", fields)).toMatchObject({
      code: "message_too_large",
      limit: 10_000,
    });
    expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
    await viewer.close();
  });
});

describe("requests over HTTP are charged, whatever becomes of them", () => {
  const path = "/v1/videos/v/history";
  const routes: readonly (readonly [string, string])[] = [
    ["GET", "/v1/ping"],
    ["GET", path],
    ["POST", "/v1/videos/v/events"],
    ["DELETE", "/v1/videos/v/events/none"],
  ];

  test.each(routes)("%s %s: to the actor, who is told when to come again", async (method, path) => {
    const headers = bearer(await tokenOf({ ...VIEWER, sub: `${method}-${path.length}` }));
    const { count, answer } = await firstLimited(
      2 * BURST_SECONDS * REQUESTS,
      async () => await ask(port, { method, path, headers }),
    );
    expect(count).toBeGreaterThanOrEqual(BURST_SECONDS * REQUESTS);
    expect(answer.error).toMatchObject({ code: "rate_limited", limit: REQUESTS });
    expect(answer.error["retryAfterMs"]).toBeGreaterThan(0);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    // Others are served.
    const other = bearer(await tokenOf({ ...VIEWER, sub: `other-${method}-${path.length}` }));
    expect((await ask(port, { method, path, headers: other })).status).not.toBe(429);
  });
});

/** Ways to get past events. Each resolves with the error's code, or undefined when it got them. */
const WAYS: Readonly<Record<string, (token: string) => Promise<unknown>>> = {
  "a page of history": async (token) => {
    const path = "/v1/videos/past/history?limit=1000";
    const answer = await ask(port, { path, headers: bearer(token) });
    return answer.status === 200 ? undefined : answer.error["code"];
  },
  "an event stream with last": async (token) => await codeOfStream({ query: "?last=1000", token }),
  "an event stream with after": async (token) =>
    await codeOfStream({ query: `?after=${epoch}:0`, token }),
  "an EventSource that comes back": async (token) =>
    await codeOfStream({ lastEventId: `${epoch}:0`, token }),
  "a poll": async (token) => await codeOfStream({ query: "?last=1000&wait=0", token }),
  "a subscribe with last": async (token) => await codeOfSubscribe({ last: 1_000 }, token),
  "a subscribe with after": async (token) => await codeOfSubscribe({ after: 0, epoch }, token),
};
let epoch = "";

async function codeOfStream(past: Parameters<typeof TestEventStream.open>[2]): Promise<unknown> {
  const stream = await TestEventStream.open(port, "past", past);
  const [first] = stream.messages;
  stream.close();
  if (first?.op === "error") expect(stream.retryMs).toBe(first["retryAfterMs"]);
  return first?.op === "error" ? first["code"] : undefined;
}

async function codeOfSubscribe(past: object, token: string): Promise<unknown> {
  const viewer = await TestSocket.connect(port, "json", token);
  const answer = await viewer.ask("subscribe", { video: "past", ...past });
  await viewer.close();
  return answer.op === "error" ? answer["code"] : undefined;
}

describe("bytes of the past have one limit for each client, over all wires", () => {
  beforeAll(async () => {
    const text = "x".repeat(900);
    const list = JSON.stringify(
      Array.from({ length: 60 }, () => ({ kind: "comment", data: text })),
    );
    expect((await publish(API_KEY, list, "past")).status).toBe(200);
    const page = await ask(port, { path: "/v1/videos/past/history", headers: bearer(API_KEY) });
    epoch = String(page.body["epoch"]);
  });

  const names = Object.keys(WAYS);
  test.each(names.map((name, index) => [name, names[(index + 3) % names.length] ?? ""] as const))(
    "what %s got is missing for %s",
    async (first, second) => {
      const token = await tokenOf({ ...VIEWER, sub: `past of ${first}`, videos: ["past"] });
      const codes: unknown[] = [];
      // A burst has a hundred kilobytes, and each gets more than fifty.
      for (let count = 0; count < 4; count += 1) codes.push(await WAYS[first]?.(token));
      expect(codes[0]).toBeUndefined();
      expect(codes.at(-1)).toBe("rate_limited");
      // A page is refused when it exceeds what is left; the others when next to nothing is left.
      const others = [await WAYS[second]?.(token), await WAYS[second]?.(token)];
      expect(others.at(-1)).toBe("rate_limited");
      // What asks for nothing of the past is served, and so are others.
      expect(await codeOfSubscribe({}, token)).toBeUndefined();
      expect(await WAYS[second]?.(await tokenOf({ ...VIEWER, sub: `other than ${first}` }))).toBe(
        undefined,
      );
    },
  );
});

/** Requests of nobody in particular. Each resolves with the error's code. */
const FAILURES: Readonly<Record<string, (from: Record<string, string>) => Promise<unknown>>> = {
  "a token that is none": async (from) =>
    await codeOf({ path: "/v1/ping", headers: { ...from, ...bearer("rubbish") } }),
  "no token": async (from) => await codeOf({ path: "/v1/videos/v/history", headers: from }),
  "a ticket that is none": async (from) =>
    await codeOf({ path: "/v1/videos/v/events?ticket=none", headers: from }),
  "a publish without a token": async (from) =>
    await codeOf({ method: "POST", path: "/v1/videos/v/events", headers: from, body: "{}" }),
  "a path that is none": async (from) => await codeOf({ path: "/v1/none", headers: from }),
  "a method that is none": async (from) =>
    await codeOf({ method: "PUT", path: "/v1/ping", headers: from }),
  "a handshake that is none": async (from) =>
    await codeOf({
      path: "/v1/connect",
      headers: { ...from, upgrade: "websocket", "sec-websocket-key": "x" },
    }),
  "a WebSocket with a token that is none": async (from) => {
    const viewer = await TestSocket.open(port, "json", from);
    const { code } = await viewer.ask("connect", { token: "rubbish" });
    viewer.socket.terminate();
    return code;
  },
};

async function codeOf(question: Parameters<typeof ask>[1]): Promise<unknown> {
  const answer = await ask(port, question);
  if (answer.headers["content-type"] !== "text/event-stream") return answer.error["code"];
  return /"code":"(\w+)"/.exec(answer.bytes.toString())?.[1];
}

test.each(Object.entries(FAILURES).map(([name, fail], index) => [name, fail, index] as const))(
  "%s counts as ten requests of its address, which is refused then",
  async (_name, fail, index) => {
    const from = { "x-forwarded-for": `203.0.113.${index}` };
    // What an address may do at once: ten times as much as an actor.
    const most = (10 * BURST_SECONDS * REQUESTS) / 10;
    let count = 0;
    let code = await fail(from);
    while (code !== "rate_limited" && count < 5 * most) {
      count += 1;
      code = await fail(from);
    }
    // The address gains forty requests, or four failures, a second.
    expect(count).toBeGreaterThanOrEqual(most - 1);
    expect(count).toBeLessThan(5 * most);
    const other = { "x-forwarded-for": `203.0.114.${index}` };
    expect(await fail(other)).not.toBe("rate_limited");
  },
);
