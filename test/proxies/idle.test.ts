/**
 * Connections to gateways on which nothing happens are ended by the proxy: a gateway that ended one
 * just when a request comes would make it fail.
 */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { connectionsOfGateways, connectionsToGateways } from "./support/connections.ts";
import { availableProxies } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

/**
 * Apache ends none by itself: it uses none again that is older than its `ttl`. HAProxy sees when one
 * is ended, and by default sends no client's first request over a kept one (`http-reuse safe`).
 */
const kinds = availableProxies().filter(({ name }) => !["Apache", "HAProxy"].includes(name));

test.concurrent.each(kinds)(
  "$name gives up an idle connection before the gateway",
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
