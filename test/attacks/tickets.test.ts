/** One client can't take all tickets for event streams from others, nor fill the bucket of tickets. */
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectTo } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";

/** A share is at least 100 tickets, half of them at once. */
const AT_ONCE = 50;
const TRIED = 3 * AT_ONCE;
const LIFE_MS = 30_000;

describe.each(["tokens", "--open"])("with %s", (access) => {
  let stack: TestStack;
  beforeAll(async () => {
    const auth = access === "--open" ? {} : { open: false, authSecret: SECRET };
    const gateway = { ...auth, clientSharePercent: 1, authTicketMs: LIFE_MS };
    stack = await TestStack.start({
      gateways: 2,
      gateway: { ...gateway, trustedProxies: ["127.0.0.0/8"] },
    });
  });
  afterAll(async () => await stack?.stop());

  async function ask(from: string, claims: object, at = 0): Promise<Response> {
    const token = await tokenOf({ ...VIEWER, ...claims });
    const headers = { authorization: `Bearer ${token}`, "x-forwarded-for": from };
    const url = `http://127.0.0.1:${stack.gatewayAt(at).port}/v1/tickets`;
    return await fetch(url, { method: "POST", headers });
  }

  /** @returns how many tickets it got, and the most that it should have */
  async function grab(clients: readonly (readonly [from: string, claims: object])[], most: number) {
    const began = performance.now();
    let got = 0;
    for (let n = 0; n < TRIED; n += 1) {
      const [from, claims] = clients[n % clients.length] ?? ["", {}];
      const response = await ask(from, claims);
      const body = (await response.json()) as { error?: { retryAfterMs?: number } };
      if (response.status === 200) got += 1;
      else {
        expect(response.status).toBe(429);
        expect(body).toMatchObject({ error: { code: "tickets_exceeded" } });
        expect(body.error?.retryAfterMs).toBeGreaterThan(0);
      }
    }
    return { got, most: most + (most * (performance.now() - began)) / LIFE_MS };
  }

  async function expectOthersServed(from: string): Promise<void> {
    for (const at of stack.gateways.keys()) {
      expect((await ask(from, { sub: "anna" }, at)).status).toBe(200);
    }
  }

  test("one address without an actor gets its share, and others theirs", async () => {
    const { got, most } = await grab([["198.51.100.1", { sub: undefined }]], AT_ONCE);
    expect(got).toBeGreaterThanOrEqual(AT_ONCE);
    expect(got).toBeLessThanOrEqual(most);
    await expectOthersServed("192.0.2.1");
  });

  test("the bucket has a limit", async () => {
    const connection = await connectTo(stack.nats.url);
    const manager = await jetstreamManager(connection);
    await ask("192.0.2.9", {});
    const { config } = await manager.streams.info("KV_ov_tickets");
    expect(config.max_bytes).toBeGreaterThan(0);
    await connection.close();
  });

  if (access === "--open") return;

  test("an actor gets its share from wherever it asks, and others at its address theirs", async () => {
    const clients = ["198.51.100.2", "198.51.100.3"].map((from) => [from, { sub: "bob" }] as const);
    const { got, most } = await grab(clients, AT_ONCE);
    expect(got).toBeGreaterThanOrEqual(AT_ONCE);
    expect(got).toBeLessThanOrEqual(most);
    await expectOthersServed("198.51.100.2");
  });

  test("many actors at one address get no more than twice a share", async () => {
    const clients = Array.from({ length: TRIED }, (_, n) => {
      return ["198.51.100.4", { sub: `robot-${n}` }] as const;
    });
    const { got, most } = await grab(clients, 2 * AT_ONCE);
    expect(got).toBeGreaterThanOrEqual(2 * AT_ONCE);
    expect(got).toBeLessThanOrEqual(most);
    await expectOthersServed("192.0.2.1");
  });

  test("a ticket with a large grant counts as several", async () => {
    const videos = Array.from({ length: 40 }, (_, n) => `${n}-`.padEnd(100, "x"));
    const { got, most } = await grab([["198.51.100.5", { sub: "carl", videos }]], AT_ONCE);
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThanOrEqual(most / 4);
  });
});
