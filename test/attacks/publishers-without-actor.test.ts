/**
 * Who has neither an actor nor the scope `any-actor` is limited by address, over all wires and
 * gateways; a client at another address is served meanwhile.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf } from "../support/tokens.ts";
import { TestSocket } from "../support/viewer.ts";

/** The defaults, which tests otherwise widen. */
const DEFAULTS = {
  requestsPerSecond: 50,
  connectionPublishesPerSecond: 20,
  likesPerSecond: 10,
  addressPublishesPerSecond: 200,
};
const BURST = 5 * DEFAULTS.addressPublishesPerSecond;
const GATEWAYS = 2;
const LIST = 100;
const ROUNDS = 15;
/** So that each client of the test has an address of its own. */
const TRUSTED = { trustedProxies: ["127.0.0.0/8"] };

describe.each(["tokens without sub", "--open"])("with %s", (access) => {
  let stack: TestStack;
  let headers: Record<string, string> = {};
  beforeAll(async () => {
    const auth = access === "--open" ? {} : { open: false, authSecret: SECRET };
    const gateway = { ...DEFAULTS, ...TRUSTED, ...auth };
    stack = await TestStack.start({ gateways: GATEWAYS, gateway });
    if (access === "--open") return;
    const token = await tokenOf({ videos: ["*"], publish: ["*"] });
    headers = { authorization: `Bearer ${token}` };
  });
  afterAll(async () => await stack?.stop());

  /** @returns how many were accepted */
  async function post(at: number, address: string, kind: string, count = LIST): Promise<number> {
    const { port } = stack.gatewayAt(at);
    const response = await fetch(`http://127.0.0.1:${port}/v1/videos/launch/events`, {
      method: "POST",
      headers: { ...headers, "x-forwarded-for": address, "content-type": "application/json" },
      body: JSON.stringify(Array.from({ length: count }, () => ({ kind }))),
    });
    const body = (await response.json()) as { accepted?: unknown[] };
    return body.accepted?.length ?? 0;
  }

  /** Publishes by list from addresses in turn, to all gateways at once. */
  async function flood(kind: string, addresses: readonly string[]) {
    const began = performance.now();
    let accepted = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const address = addresses[round % addresses.length] ?? "";
      const posts = stack.gateways.map((_gateway, at) => post(at, address, kind));
      for (const count of await Promise.all(posts)) accepted += count;
    }
    const seconds = (performance.now() - began) / 1_000;
    // A further gateway accepts what it has not been told of: at most a quarter and a whole burst.
    const most = BURST + DEFAULTS.addressPublishesPerSecond * seconds + BURST * 1.25;
    return { accepted, most };
  }

  test.each([
    ["likes", "like", 1, ["198.51.100.7"]],
    ["comments", "comment", 10, ["198.51.100.8"]],
    [
      "likes from one IPv6 /64",
      "like",
      1,
      ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::2"],
    ],
  ])("%s by list are limited at all gateways together", async (_what, kind, cost, addresses) => {
    const { accepted, most } = await flood(kind, addresses);
    expect(accepted).toBeGreaterThan(0);
    expect(accepted * cost).toBeLessThanOrEqual(most);
    // Another address has lost nothing, at any gateway.
    for (const at of stack.gateways.keys()) {
      expect(await post(at, `192.0.2.${at}`, kind, 10)).toBe(10);
    }
  });

  test("what an address spent over HTTP is spent for its WebSockets, old ones and new ones", async () => {
    const address = "198.51.100.9";
    const connect = async () => {
      const from = { ...headers, "x-forwarded-for": address };
      const socket = await TestSocket.open(stack.gateway.port, "json", from);
      expect(await socket.ask("connect")).toMatchObject({ op: "result" });
      return socket;
    };
    const before = await connect();
    while ((await post(0, address, "comment")) > 0);
    const spentAt = performance.now();
    const after = await connect();
    let accepted = 0;
    for (const socket of [before, after]) {
      for (let n = 0; n < LIST; n += 1) {
        const answer = await socket.ask("publish", { video: "launch", kind: "comment" });
        if (answer.op === "result") accepted += 1;
        else expect(answer).toMatchObject({ code: "rate_limited" });
      }
      await socket.close();
    }
    // Less than a whole list was left, and each second brings a comment for ten of the limit.
    const seconds = (performance.now() - spentAt) / 1_000;
    expect(accepted).toBeLessThanOrEqual(
      LIST + (seconds * DEFAULTS.addressPublishesPerSecond) / 10,
    );
  });
});
