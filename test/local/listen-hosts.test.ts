/** IPv4 and IPv6: where a gateway can be reached, and how it counts a client's address. */
import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFor } from "../../shared/config/load.ts";
import { hasIpv6 } from "../../shared/runtime/listen-hosts.ts";
import { attemptConnect } from "../support/connect-attempt.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

const { host: DEFAULT_HOST } = configFor("gateway", {});
const WITH_IPV6 = hasIpv6();

async function isReached(host: string, port: number, path = "/v1/ping"): Promise<boolean> {
  return await new Promise((resolve) => {
    const request = get({ host, port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}

describe.each([
  ["by default", DEFAULT_HOST, { "127.0.0.1": true, "127.0.0.2": true, "::1": WITH_IPV6 }],
  ["on IPv4", "0.0.0.0", { "127.0.0.1": true, "127.0.0.2": true, "::1": false }],
  ["on the IPv4 loopback", "127.0.0.1", { "127.0.0.1": true, "127.0.0.2": false, "::1": false }],
  ...(WITH_IPV6
    ? [
        [
          "on both loopbacks",
          "127.0.0.1,::1",
          { "127.0.0.1": true, "127.0.0.2": false, "::1": true },
        ] as const,
      ]
    : []),
] as const)("a gateway that listens %s", (_how, host, reached) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start({ gateway: { host, connectionsPerAddress: 1 } });
  });
  afterAll(async () => {
    await stack?.stop();
  });

  test("can be reached only at those addresses", async () => {
    for (const [address, isThere] of Object.entries(reached)) {
      expect([address, await isReached(address, stack.gateway.port)]).toEqual([address, isThere]);
    }
  });

  test("counts an IPv4 client by its address", async () => {
    const first = await TestSocket.open(stack.gateway.port);
    expect((await attemptConnect(stack.gateway.port)).status).toBe(429);
    await first.close();
  });
});

test.runIf(WITH_IPV6)("health can be reached by IPv6 and IPv4 where it listens on ::", async () => {
  const stack = await TestStack.start({ gateway: { opsHost: "::" }, dispatchers: 0 });
  try {
    for (const address of ["127.0.0.1", "::1"]) {
      const { opsPort } = stack.gateway;
      expect([address, await isReached(address, opsPort, "/healthz")]).toEqual([address, true]);
    }
  } finally {
    await stack.stop();
  }
});
