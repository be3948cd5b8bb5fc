/**
 * The proxy closes idle connections to gateways: if a gateway closed one just as a request arrives,
 * the request would fail.
 */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { connectionsOfGateways, connectionsToGateways } from "./support/connections.ts";
import { availableProxies } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

/**
 * Left out: Apache closes none by itself, but reuses none older than its `ttl`. HAProxy notices when
 * one is closed, and by default sends no client's first request over a kept one (`http-reuse safe`).
 */
const kinds = availableProxies().filter(({ name }) => !["Apache", "HAProxy"].includes(name));

test.concurrent.each(kinds)(
  "$name closes an idle connection before the gateway does",
  async (kind) => {
    const site = await Site.start();
    try {
      const { port } = await site.proxy(kind);
      for (let n = 0; n < 8; n += 1) {
        const path = "/v1/videos/launch/history";
        expect((await fetch(`https://127.0.0.1:${port}${path}`)).status).toBe(200);
      }
      const isOpen = async () =>
        (await connectionsToGateways(site.port)).some(({ state }) => state === "open");
      expect(await isOpen()).toBe(true);
      await eventually(async () => !(await isOpen()));
      const closedBy = async (ends: typeof connectionsToGateways) =>
        (await ends(site.port)).filter(({ state }) => state === "waiting").length;
      expect(await closedBy(connectionsOfGateways)).toBe(0);
      expect(await closedBy(connectionsToGateways)).toBeGreaterThan(0);
    } finally {
      await site.stop();
    }
  },
);
