/** Proxies that speak HTTP/1.0 by default: what they get, and what works. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { proxyKind } from "./support/kinds.ts";
import { nginxBefore } from "./support/nginx.ts";
import { availableProxies } from "./support/proxy.ts";
import { GATEWAY_HOSTS, Site } from "./support/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

const names = availableProxies().map(({ name }) => name);

describe.skipIf(!names.includes("nginx"))("nginx with proxy_pass and nothing else", () => {
  test("gets 505 from the viewers' port, and answers from the ops port", async () => {
    const [host] = GATEWAY_HOSTS;
    const { url } = await nginxBefore(
      site,
      `location / { proxy_pass http://gateways; }
       location /readyz { proxy_pass http://${host}:${site.opsPort}; }`,
    );
    expect((await fetch(`${url}/v1/ping`)).status).toBe(505);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      expect.objectContaining({ status: "ready" }),
    ]);
  });
});

describe.skipIf(!names.includes("HAProxy"))("HAProxy's check", () => {
  test("takes all gateways out by default; with a readiness check it uses them", async () => {
    const kind = proxyKind("HAProxy");
    const checked = await site.proxy(kind);
    const unchecked = await site.proxy(kind, [["option httpchk GET /readyz", "option httpchk"]]);
    const status = async (port: number) =>
      (await fetch(`https://127.0.0.1:${port}/v1/ping`)).status;
    // Gateways count as healthy until the first checks fail.
    await eventually(async () => (await status(unchecked.port)) === 503);
    expect(await status(checked.port)).toBe(200);
  });
});
