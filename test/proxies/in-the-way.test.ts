/** What stands between the SDK and gateways is told by name, and got around where that can be done. */
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
  describe.each(["auto", "websocket", "sse"] as const)("for a client by %s", (transport) => {
    test.each([
      ["a path that leads nowhere", "wrong_address", "location / { return 404; }"],
      [
        "a page for every path",
        "wrong_address",
        'location / { default_type text/html; return 200 "<h1>Sign in</h1>"; }',
      ],
      [
        "a page of an application, which has one for every path",
        "wrong_address",
        'location / { default_type "text/html; charset=utf-8"; return 200 "<div id=root></div>"; }',
      ],
      [
        "a server of other gateways' files",
        "wrong_address",
        "location / { default_type application/json; return 200 '{}'; }",
      ],
      [
        "gateways below another path",
        "wrong_address",
        `location / { return 404; } location /live/ { proxy_pass http://gateways/; ${PASSES} }`,
      ],
      ["a proxy that reaches no gateway", "unreachable", "location / { return 502; }"],
    ])("%s is told as such", async (_, code, locations) => {
      const { url } = await nginxBefore(site, locations);
      const ovation = client(url, { transport });
      const states = statesOf(ovation);
      listen(ovation, "launch");
      await states.first((state) => codeOf(state) === code);
      expect(states.all.map(({ name }) => name)).not.toContain("connected");
      expect(states.all.map(codeOf).filter((told) => told !== undefined)).toContain(code);
    });
  });

  test.each([
    [
      "holds event streams back to compress them",
      "stream_buffered",
      `proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
       gzip on; gzip_proxied any; gzip_types text/event-stream;`,
    ],
    [
      "buffers what gateways answer, whatever they say",
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
    const isTold = (one: ConnectionState) => one.name === "connected" && codeOf(one) === code;
    expect(await states.first(isTold)).toMatchObject({ via: "sse", isStale: false });
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
