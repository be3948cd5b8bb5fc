/** Gateways behind each proxy count viewers by their real address, whatever they claim. */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { eventually } from "../support/eventually.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start({ connectionsPerAddress: 1 });
});
afterAll(async () => await site?.stop());

const sockets: WebSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

/** The status of a handshake from this address of the machine. */
async function handshakeFrom(
  proxy: ProxyProcess,
  localAddress: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const url = `wss://127.0.0.1:${proxy.port}/v1/connect`;
  const socket = new WebSocket(url, ["ovation.v1.json"], { localAddress, headers });
  socket.on("error", () => undefined);
  sockets.push(socket);
  return await Promise.race([
    once(socket, "open").then(() => 101),
    once(socket, "unexpected-response").then(([, response]) => response.statusCode),
  ]);
}

const kinds = availableProxies().map((kind, index) => ({ ...kind, network: `127.0.${index + 1}` }));

describe.each(kinds)("through $name", ({ network, ...kind }) => {
  test("each viewer counts by its own address, not by a forged one", async () => {
    const proxy = await site.proxy(kind);
    // One at each gateway: then there is no room for a third viewer from this address.
    let entered = 0;
    await eventually(async () => {
      if ((await handshakeFrom(proxy, `${network}.21`)) === 101) entered += 1;
      return entered === 2;
    });
    expect(await handshakeFrom(proxy, `${network}.21`)).toBe(429);
    for (const forged of ["198.51.100.7", "127.0.0.1", "::1, 198.51.100.8", "unknown"]) {
      const headers = {
        "X-Forwarded-For": forged,
        "X-Real-IP": forged,
        Forwarded: `for=${forged}`,
      };
      expect(await handshakeFrom(proxy, `${network}.21`, headers)).toBe(429);
    }
    expect(await handshakeFrom(proxy, `${network}.22`)).toBe(101);
  });
});
