/** Limits of actors and of addresses never mix, even where an actor is named like an address. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";

const NAMES = ["9.9.9.5", "2001:db8:1:2::/64", "address:9.9.9.5"];
/** Where each client of that name is. */
const ADDRESSES: Readonly<Record<string, string>> = {
  "9.9.9.5": "9.9.9.5",
  "2001:db8:1:2::/64": "2001:db8:1:2::7",
  "address:9.9.9.5": "9.9.9.5",
};

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    gateway: {
      open: false,
      authSecret: SECRET,
      trustedProxies: ["127.0.0.0/8"],
      historyReadsPerSecond: 1,
      httpPublishesPerSecond: 200,
      actorPublishesPerSecond: 1,
      addressPublishesPerSecond: 10,
    },
  });
});
afterAll(async () => await stack?.stop());

interface Sender {
  readonly from: string;
  readonly sub?: string;
  readonly scope?: string;
}

async function send(path: string, { from, sub, scope }: Sender, kind?: string): Promise<number> {
  const token = await tokenOf({ ...VIEWER, sub, scope });
  const authorization = `Bearer ${token}`;
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/launch/${path}`;
  const headers = { authorization, "x-forwarded-for": from, "content-type": "application/json" };
  const body = JSON.stringify(Array.from({ length: 5 }, () => ({ kind })));
  const init = kind === undefined ? { headers } : { method: "POST", headers, body };
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

async function spend(path: string, sender: Sender, kind?: string): Promise<void> {
  let status = 200;
  while (status === 200) status = await send(path, sender, kind);
  expect(status).toBe(429);
}

describe.each(NAMES)("an actor named %s", (name) => {
  const elsewhere = "192.0.2.1";
  const address = ADDRESSES[name] ?? "";

  test.each([
    ["history", "history", undefined, undefined],
    ["publishes of its own", "events", "like", undefined],
    ["publishes of a backend", "events", "like", "any-actor"],
  ])("shares no limit of %s with the address", async (_what, path, kind, scope) => {
    await spend(
      path,
      { from: elsewhere, sub: name, ...(scope === undefined ? {} : { scope }) },
      kind,
    );
    expect(await send(path, { from: address }, kind)).toBe(200);
  });
});
