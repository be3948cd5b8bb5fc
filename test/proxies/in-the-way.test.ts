/** The SDK names what stands between it and gateways, and works around it where possible. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionState } from "../../sdk/index.ts";
import { client, listen, statesOf } from "../sdk/support/client.ts";
import { Recorder } from "../support/recorder.ts";
import { nginxBefore, PASSES, PASSES_NO_WEBSOCKET } from "./support/nginx.ts";
import { availableProxies } from "./support/proxy.ts";
import { GATEWAY_HOSTS, Site } from "./support/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

const isAvailable = availableProxies().some(({ name }) => name === "nginx");
const codeOf = (state: ConnectionState) => ("reason" in state ? state.reason?.code : undefined);

describe.skipIf(!isAvailable)("nginx", () => {
  describe.each(["auto", "websocket", "sse"] as const)("for a client over %s", (transport) => {
    test.each([
      ["a path that leads nowhere", "wrong_address", "location / { return 404; }"],
      [
        "a page for every path",
        "wrong_address",
        'location / { default_type text/html; return 200 "<h1>Sign in</h1>"; }',
      ],
      [
        "a single-page application, which serves its page for every path",
        "wrong_address",
        'location / { default_type "text/html; charset=utf-8"; return 200 "<div id=root></div>"; }',
      ],
      [
        "a server with other JSON",
        "wrong_address",
        "location / { default_type application/json; return 200 '{}'; }",
      ],
      [
        "gateways below another path",
        "wrong_address",
        `location / { return 404; } location /live/ { proxy_pass http://gateways/; ${PASSES} }`,
      ],
      ["a proxy that reaches no gateway", "unreachable", "location / { return 502; }"],
    ])("%s is reported as %s", async (_, code, locations) => {
      const { url } = await nginxBefore(site, locations);
      const ovation = client(url, { transport });
      const states = statesOf(ovation);
      listen(ovation, "launch");
      await states.first((state) => codeOf(state) === code);
      expect(states.all.map(({ name }) => name)).not.toContain("connected");
      expect(states.all.map(codeOf).filter((found) => found !== undefined)).toContain(code);
    });
  });

  test.each([
    [
      "buffers event streams to compress them",
      "stream_buffered",
      `proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
       gzip on; gzip_proxied any; gzip_types text/event-stream;`,
    ],
    [
      "buffers what gateways answer, whatever their headers say",
      "websocket_blocked",
      "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;",
    ],
    ["passes event streams on", "websocket_blocked", "proxy_buffering off;"],
  ])("that lets no WebSocket through and %s", async (name, code, buffering) => {
    const passes = PASSES_NO_WEBSOCKET.replace("proxy_buffering off;", buffering);
    const { url } = await nginxBefore(site, `location / { proxy_pass http://gateways; ${passes} }`);
    const id = name.replaceAll(/[^a-z]/g, "-");
    const ovation = client<{ comment: number }>(url);
    const states = statesOf(ovation);
    const comments = new Recorder<unknown>();
    ovation.video(id).on("comment", ({ data }) => comments.take(data));
    const isReported = (one: ConnectionState) => one.name === "connected" && codeOf(one) === code;
    expect(await states.first(isReported)).toMatchObject({ via: "sse", isStale: false });
    const backend = client<{ comment: number }>(`http://${GATEWAY_HOSTS[0]}:${site.port}`);
    const { seq } = await ovation.video(id).publish("comment", 0);
    expect(seq).toBeGreaterThan(0);
    await comments.first((data) => data === 0);
    for (const n of [1, 2, 3]) {
      await backend.video(id).publish("comment", n);
      await comments.first((data) => data === n);
    }
    expect(comments.all).toEqual([0, 1, 2, 3]);
    const names = states.all.map(({ name: state }) => state);
    expect(names.slice(names.indexOf("connected"))).not.toContain("reconnecting");
  });
});
