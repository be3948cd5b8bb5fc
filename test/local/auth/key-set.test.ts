/** Keys behind a URL: rotated, unreachable, or not a key set at all. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Gateway } from "../../../gateway/gateway.ts";
import { eventually } from "../../support/eventually.ts";
import { KeySetServer } from "../../support/key-set.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { ecKeys, edKeys, handMade, hmac, rsaKeys, tokenOf, VIEWER } from "../../support/tokens.ts";
import { TestSocket } from "../../support/viewer.ts";

const old = rsaKeys();
const fresh = ecKeys();
const ed = edKeys();
const COOLDOWN_MS = 100;

let stack: TestStack;
let keySet: KeySetServer;

beforeAll(async () => {
  stack = await TestStack.start({ gateways: 0 });
});
afterEach(async () => {
  for (const gateway of stack.gateways.splice(0)) await gateway.stop();
  await keySet?.stop();
});
afterAll(() => stack?.stop());

/** A new gateway, which has fetched nothing yet. */
async function gatewayWith(staleMs = 3_600_000): Promise<Gateway> {
  keySet = await KeySetServer.start();
  await keySet.hold({ old: old.publicKey });
  return await stack.addGateway({
    open: false,
    authJwksUrl: keySet.url,
    authJwksCooldownMs: COOLDOWN_MS,
    authJwksStaleMs: staleMs,
  });
}

async function history(gateway: Gateway, token: string): Promise<readonly [number, string]> {
  const url = `http://127.0.0.1:${gateway.port}/v1/videos/launch/history`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const body = (await response.json()) as { readonly error?: { readonly code: string } };
  return [response.status, body.error?.code ?? "none"];
}

const oldToken = () => tokenOf(VIEWER, { alg: "RS256", key: old.privateKey, kid: "old" });
const freshToken = () => tokenOf(VIEWER, { alg: "ES256", key: fresh.privateKey, kid: "fresh" });

test("keys are fetched once, however many connect", async () => {
  const gateway = await gatewayWith();
  const token = await oldToken();
  const statuses = await Promise.all(Array.from({ length: 50 }, () => history(gateway, token)));
  expect(new Set(statuses.map(([status]) => status))).toEqual(new Set([200]));
  expect(keySet.requests).toBe(1);
});

test("a rotated key is found, and a withdrawn one is no longer valid", async () => {
  const gateway = await gatewayWith();
  expect(await history(gateway, await oldToken())).toEqual([200, "none"]);
  const socket = await TestSocket.connect(gateway.port, "json", await oldToken());
  await keySet.hold({ fresh: fresh.publicKey, ed: ed.publicKey });
  // At the latest when the cooldown after the last fetch has passed.
  await eventually(async () => (await history(gateway, await freshToken()))[0] === 200);
  const edToken = await tokenOf(VIEWER, { alg: "EdDSA", key: ed.privateKey, kid: "ed" });
  expect(await history(gateway, edToken)).toEqual([200, "none"]);
  expect(await history(gateway, await oldToken())).toEqual([401, "token_refused"]);
  expect(await socket.ask("refresh", { token: await freshToken() })).toMatchObject({
    op: "result",
  });
  await socket.close();
});

test("known keys stay valid while the URL can't be reached, and others are refused", async () => {
  const gateway = await gatewayWith();
  expect((await history(gateway, await oldToken()))[0]).toBe(200);
  keySet.answer = (response) => response.destroy();
  // An unknown key makes the gateway fetch, in vain.
  await eventually(async () => {
    await history(gateway, await freshToken());
    return (await metric(gateway, "ovation_gateway_key_fetch_failures_total")) > 0;
  });
  expect(await history(gateway, await oldToken())).toEqual([200, "none"]);
  expect((await history(gateway, await freshToken()))[0]).toBe(401);
});

test.each<[string, NonNullable<KeySetServer["answer"]>]>([
  ["can't be reached", (response) => response.destroy()],
  ["has an error", (response) => void response.writeHead(500).end()],
  ["leads elsewhere", (response) => void response.writeHead(302, { location: "/keys" }).end()],
  ["is not a key set", (response) => void response.end("<html>")],
  ["is endless", (response) => void response.end(`{"keys":[],"x":"${"x".repeat(300_000)}"}`)],
])("when the URL %s from the start, viewers are told to retry", async (_name, answer) => {
  const gateway = await gatewayWith();
  keySet.answer = answer;
  const token = await oldToken();
  expect(await history(gateway, token)).toEqual([503, "keys_unavailable"]);
  const socket = await TestSocket.open(gateway.port);
  expect(await socket.ask("connect", { token })).toMatchObject({ code: "keys_unavailable" });
  expect(socket.closed).toBeUndefined();
  keySet.answer = undefined;
  await eventually(async () => (await socket.ask("connect", { token })).op === "result");
  await socket.close();
});

test("many viewers cause few requests while it can't be reached", async () => {
  const gateway = await gatewayWith();
  keySet.answer = (response) => response.destroy();
  const token = await oldToken();
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => history(gateway, token)));
  }
  expect(keySet.requests).toBeLessThan(20);
});

test("a key of the set is never used as a secret, and keys without an id are tried", async () => {
  const gateway = await gatewayWith();
  const swapped = handMade({ alg: "HS256", kid: "old" }, VIEWER, hmac(old.pem));
  expect(await history(gateway, swapped)).toEqual([401, "token_refused"]);
  const without = await tokenOf(VIEWER, { alg: "RS256", key: old.privateKey });
  expect(await history(gateway, without)).toEqual([200, "none"]);
});
