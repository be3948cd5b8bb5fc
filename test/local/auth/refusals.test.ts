/** Clients without a valid token are refused everywhere, and learn nothing more. */
import { createHash } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../../support/stack.ts";
import {
  ecKeys,
  edKeys,
  fileWith,
  handMade,
  hmac,
  inSeconds,
  rsaKeys,
  SECRET,
  tokenOf,
  VIEWER,
} from "../../support/tokens.ts";
import { post, TestEventStream, TestSocket } from "../../support/viewer.ts";

const rsa = rsaKeys();
const ec = ecKeys();
const ed = edKeys();
const stranger = rsaKeys();
const API_KEY = "a-key-of-a-backend-with-enough-characters";
const CLAIMS = { ...VIEWER, aud: "live", iss: "shop" };

/** Tokens that must be refused, with the error code. */
const BAD: Readonly<Record<string, readonly [string, () => string | Promise<string>]>> = {
  expired: ["token_expired", () => tokenOf({ ...CLAIMS, exp: inSeconds(-60) })],
  "not yet valid": ["token_refused", () => tokenOf({ ...CLAIMS, nbf: inSeconds(600) })],
  "of another audience": ["token_refused", () => tokenOf({ ...CLAIMS, aud: "shop" })],
  "of another issuer": ["token_refused", () => tokenOf({ ...CLAIMS, iss: "else" })],
  "without an end": ["token_refused", () => tokenOf({ ...CLAIMS, exp: undefined })],
  "without videos": ["token_refused", () => tokenOf({ ...CLAIMS, videos: undefined })],
  "with an invalid pattern": ["token_refused", () => tokenOf({ ...CLAIMS, videos: ["a*b"] })],
  "of alg none": ["token_refused", () => handMade({ alg: "none" }, CLAIMS, () => "")],
  "of alg None with a signature": [
    "token_refused",
    () => handMade({ alg: "None" }, CLAIMS, hmac(SECRET)),
  ],
  "forged with another secret": [
    "token_refused",
    () => tokenOf(CLAIMS, { key: Buffer.from("another secret that is long enough, too") }),
  ],
  "forged with another key": [
    "token_refused",
    () => tokenOf(CLAIMS, { alg: "RS256", key: stranger.privateKey }),
  ],
  "HS256 with the public key as the secret": [
    "token_refused",
    () => handMade({ alg: "HS256" }, CLAIMS, hmac(rsa.pem)),
  ],
  "of the right key and another algorithm": [
    "token_refused",
    () => tokenOf(CLAIMS, { alg: "RS512", key: rsa.privateKey }),
  ],
  "with its own key in its header": [
    "token_refused",
    () => handMade({ alg: "HS256", jwk: { kty: "oct", k: "c2VsZg" } }, CLAIMS, hmac("self")),
  ],
  "an unknown API key": ["token_refused", () => `${API_KEY}-`],
  "no token at all": ["token_refused", () => "rubbish"],
};

const logged: string[] = [];
let stack: TestStack;
let port: number;

beforeAll(async () => {
  const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  stack = await TestStack.start({
    gatewayLog: log,
    gateway: {
      open: false,
      authSecret: SECRET,
      authPublicKeyFiles: [rsa, ec, ed].map(({ pem }) => fileWith(pem)),
      authAudience: "live",
      authIssuer: "shop",
      authApiKeysFile: fileWith(
        JSON.stringify([
          { name: "backend", sha256: createHash("sha256").update(API_KEY).digest("hex") },
        ]),
      ),
    },
  });
  port = stack.gateway.port;
});
afterAll(() => stack?.stop());

function request(path: string, authorization?: string, method = "GET"): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(method === "POST" ? { body: '{"kind":"like"}' } : {}),
  });
}

const ROUTES: readonly (readonly [string, string])[] = [
  ["GET", "/v1/videos/launch/events"],
  ["POST", "/v1/videos/launch/events"],
  ["GET", "/v1/videos/launch/history"],
  ["DELETE", "/v1/videos/launch/events/c1"],
  ["POST", "/v1/tickets"],
  ["GET", "/v1/ping"],
];

describe.each(Object.entries(BAD))("a token %s", (_name, [code, make]) => {
  test("is refused over HTTP on every route", async () => {
    const token = await make();
    for (const [method, path] of ROUTES) {
      const response = await request(path, `Bearer ${token}`, method);
      expect([path, response.status]).toEqual([path, 401]);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await response.json()).toMatchObject({ error: { code } });
    }
  });

  test("ends a WebSocket with a code that says not to reconnect", async () => {
    const token = await make();
    const inMessage = await TestSocket.open(port);
    expect(await inMessage.ask("connect", { token })).toMatchObject({ op: "error", code });
    const inHeader = await TestSocket.open(port, "msgpack", { authorization: `Bearer ${token}` });
    expect(await inHeader.ask("connect")).toMatchObject({ op: "error", code });
    const close = { code: code === "token_expired" ? 4401 : 4403, reason: code };
    expect(await inMessage.untilClosed()).toEqual(close);
    expect(await inHeader.untilClosed()).toEqual(close);
  });

  test("is in no log line and in no metric", async () => {
    const token = await make();
    await request("/v1/videos/launch/history", `Bearer ${token}`);
    await request(`/v1/videos/launch/events?ticket=${token}`);
    const metrics = await fetch(`http://127.0.0.1:${stack.gateway.opsPort}/metrics`);
    const exposed = [...logged, await metrics.text()].join("\n");
    expect(exposed).toContain("refused_total");
    const [head, body = "", signature = ""] = token.split(".");
    for (const part of [token, body, signature, token === head ? token : ""].filter(Boolean)) {
      expect(exposed).not.toContain(part);
    }
  });
});

/** Numbers that no clock shows, and what is no number. */
const NO_TIMES: readonly unknown[] = [1e308, 1e16, 253_402_300_800, "2030-01-01", [], {}, true];

test.each(
  ["exp", "nbf", "iat"].flatMap((claim) =>
    NO_TIMES.map((value) => [claim, JSON.stringify(value), value] as const),
  ),
)("a token whose %s is %s is refused by that name, on both wires", async (claim, _text, value) => {
  const token = handMade({ alg: "HS256" }, { ...CLAIMS, [claim]: value }, hmac(SECRET));
  const refused = { code: "token_refused", field: claim };
  const response = await request("/v1/ping", `Bearer ${token}`);
  expect(await response.json()).toMatchObject({ error: refused });
  const socket = await TestSocket.open(port);
  expect(await socket.ask("connect", { token })).toMatchObject(refused);
  await socket.untilClosed();
});

test("without a token everything is refused, whatever is requested", async () => {
  for (const [method, path] of ROUTES.slice(0, 5)) {
    const response = await request(path, undefined, method);
    expect([path, response.status]).toEqual([path, 401]);
    expect(await response.json()).toMatchObject({ error: { code: "token_required" } });
  }
  const socket = await TestSocket.open(port);
  expect(await socket.ask("connect")).toMatchObject({ code: "token_required" });
  expect((await socket.untilClosed()).code).toBe(4403);
});

test("anyone may check whether a gateway is alive", async () => {
  expect((await request("/v1/ping")).status).toBe(200);
});

test("a token in the query is ignored", async () => {
  const token = await tokenOf(CLAIMS);
  for (const name of ["token", "access_token", "ticket"]) {
    const response = await request(`/v1/videos/launch/events?${name}=${token}`);
    expect(response.status).toBe(401);
  }
});

test("a scheme other than Bearer is refused", async () => {
  const response = await request("/v1/videos/launch/history", "Basic YTpi");
  expect(response.status).toBe(401);
});

test.each([
  ["HS256", Buffer.from(SECRET)],
  ["RS256", rsa.privateKey],
  ["ES256", ec.privateKey],
  ["EdDSA", ed.privateKey],
])("a valid token of %s is accepted everywhere", async (alg, key) => {
  const token = await tokenOf(CLAIMS, { alg, key });
  const socket = await TestSocket.connect(port, "json", token);
  expect(await socket.ask("subscribe", { video: "launch" })).toMatchObject({ op: "result" });
  const stream = await TestEventStream.open(port, "launch", { token });
  expect((await post(port, "launch", { kind: "like" }, token)).status).toBe(200);
  const header = await TestSocket.open(port, "json", { authorization: `bearer ${token}` });
  expect(await header.ask("connect")).toMatchObject({ op: "result" });
  stream.close();
  await Promise.all([socket.close(), header.close()]);
});
