/**
 * DNS rebinding: a page whose name resolves to a gateway's address is same-origin with the gateway,
 * and its browser sends that name as `Host`.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type HttpAnswer, RawSocket } from "../../support/raw.ts";
import { ACCESSES, type Access, startTarget, type Target } from "../support/target.ts";

const VIDEO = "rebound";
const COMMENT = JSON.stringify({ kind: "comment", id: "kept", data: { text: "kept" } });
const JSON_TYPE = { "Content-Type": "application/json" };

let targets: ReadonlyMap<Access, Target> = new Map();
beforeAll(async () => {
  targets = new Map(
    await Promise.all(ACCESSES.map(async (access) => [access, await startTarget(access)] as const)),
  );
});
afterAll(async () => {
  await Promise.all([...targets.values()].map(async (target) => await target.stop()));
});

const target = (access: Access): Target => targets.get(access) as Target;

/** Everything that a gateway answers, as a page of this host would ask for it. */
async function askAll(port: number, host: string, more = {}): Promise<readonly HttpAnswer[]> {
  const headers = { Host: host, Origin: `http://${host}`, ...more };
  const [video, body] = [`/v1/videos/${VIDEO}`, COMMENT];
  const questions = [
    { method: "POST", path: `${video}/events`, headers: { ...headers, ...JSON_TYPE }, body },
    { method: "DELETE", path: `${video}/events/kept`, headers },
    { method: "POST", path: "/v1/tickets", headers: { ...headers, ...JSON_TYPE }, body: "{}" },
    { method: "OPTIONS", path: `${video}/events`, headers },
    ...[`${video}/history`, `${video}/events`, "/v1/ping", "/v1/connect", "/", "/index.html"].map(
      (path) => ({ path, headers }),
    ),
  ];
  return await Promise.all(questions.map(async (one) => await ask(port, one)));
}

async function handshake(port: number, host: string): Promise<number> {
  const socket = await RawSocket.open(port);
  const lines = [
    `Host: ${host}`,
    `Origin: http://${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: ovation.v1.json",
  ];
  socket.write(`GET /v1/connect HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  const { status } = await socket.response();
  socket.destroy();
  return status;
}

async function publish(port: number, host: string, more = {}): Promise<number> {
  const headers = { Host: host, Origin: `http://${host}`, ...JSON_TYPE, ...more };
  const path = `/v1/videos/${VIDEO}/events`;
  return (await ask(port, { method: "POST", path, headers, body: COMMENT })).status;
}

test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "evil"])(
  "a page of %s gets nothing from an open gateway",
  async (host) => {
    const { port } = target("open");
    for (const { status, error } of await askAll(port, host)) {
      expect([status, error["code"], error["field"]]).toEqual([403, "host_refused", "Host"]);
    }
    expect(await handshake(port, host)).toBe(403);
  },
);

test.each(["127.0.0.1", "localhost:8080", "[::1]:8080", "192.168.1.7", "app.localhost"])(
  "a page that an open gateway serves as %s may use it",
  async (host) => {
    const { port } = target("open");
    expect(await publish(port, host)).toBe(200);
    expect(await handshake(port, host)).toBe(101);
  },
);

test("a gateway with tokens answers any host, since such a page has no token", async () => {
  const { port, token } = target("tokens");
  expect(await publish(port, "live.example")).toBe(401);
  const headers = { Authorization: `Bearer ${await token()}` };
  expect(await publish(port, "live.example", headers)).toBe(200);
  expect(await handshake(port, "live.example")).toBe(101);
});
