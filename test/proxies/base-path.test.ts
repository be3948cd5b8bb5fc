/** Gateways below a path of another site: a proxy strips the path, or gateways know it. */
import { afterEach, describe, expect, test } from "vitest";
import { client, connected, listen, statesOf } from "../sdk/support/client.ts";
import { nginxBefore, PASSES } from "./support/nginx.ts";
import { availableProxies } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

let site: Site | undefined;
afterEach(async () => await site?.stop());

const isAvailable = availableProxies().some(({ name }) => name === "nginx");

/** As in docs/proxies.md: the slash after the name makes the difference. */
const location = (upstream: string) => `
  location / { default_type text/html; return 200 "<h1>A shop</h1>"; }
  location /live/ { proxy_pass ${upstream}; ${PASSES} }`;

describe.skipIf(!isAvailable)("below a path of nginx", () => {
  describe.each([
    ["that is stripped", "http://gateways/", ""],
    ["that is forwarded to gateways with that base path", "http://gateways", "/live"],
  ])("%s", (_, upstream, basePath) => {
    test.each(["websocket", "sse"] as const)(
      "a viewer over %s sees and publishes",
      async (transport) => {
        site = await Site.start({ basePath });
        const { url } = await nginxBefore(site, location(upstream));
        for (const address of [`${url}/live`, `${url}/live/`]) {
          const ovation = client(address, { transport });
          const { events, joined } = listen(ovation, "launch", "comment");
          expect(await connected(ovation)).toMatchObject({ via: transport });
          await joined();
          const { eventId } = await ovation.video("launch").publish("comment", address);
          await events.first(({ id }) => id === eventId);
        }
        const history = await fetch(`${url}/live/v1/videos/launch/history`);
        expect(await history.json()).toMatchObject({ events: [{ id: expect.any(String) }, {}] });
      },
    );
  });

  test.each([
    ["strips what gateways expect", "http://gateways/", "/live", "/live"],
    ["forwards what gateways don't know", "http://gateways", "", "/live"],
    ["serves a page where the client looks", "http://gateways", "/live", ""],
  ])("a proxy that %s is reported as a wrong address", async (_, upstream, basePath, path) => {
    site = await Site.start({ basePath });
    const { url } = await nginxBefore(site, location(upstream));
    const ovation = client(`${url}${path}`);
    const states = statesOf(ovation);
    listen(ovation, "launch");
    await states.first((state) => "reason" in state && state.reason?.code === "wrong_address");
    expect(states.all.map(({ name }) => name)).not.toContain("connected");
  });
});
