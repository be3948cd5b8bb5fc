/** What viewers get through each proxy, configured as printed in docs/proxies.md and the guides. */
import { connect as http2Connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client } from "../sdk/support/client.ts";
import { attemptConnect } from "../support/connect-attempt.ts";
import { Recorder } from "../support/recorder.ts";
import { LATE_MS, lateness } from "./support/lateness.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

describe.each(availableProxies())("through $name", (kind) => {
  let proxy: ProxyProcess;
  let url: string;
  beforeAll(async () => {
    proxy = await site.proxy(kind);
    url = `https://127.0.0.1:${proxy.port}`;
  });

  test.each(["websocket", "sse"] as const)(
    "a viewer over %s gets each comment before the next is published, and without delay",
    async (transport) => {
      const id = `${kind.name}-${transport}`;
      expect(await lateness(site, url, id, transport)).toBeLessThan(LATE_MS);
    },
  );

  test("a viewer publishes and reads history, over each transport", async () => {
    for (const transport of ["websocket", "sse"] as const) {
      const ovation = client<{ comment: string }>(url, { transport });
      const id = `publish-${kind.name}-${transport}`;
      const { seq } = await ovation.video(id).publish("comment", "hello");
      expect(seq).toBeGreaterThan(0);
      const history = await fetch(`${url}/v1/videos/${id}/history`);
      expect(await history.json()).toMatchObject({ events: [{ kind: "comment", data: "hello" }] });
    }
  });

  test("a page of the same origin is admitted, and no other", async () => {
    const handshake = async (origin: string) => (await attemptConnect(url, { origin })).status;
    expect(await handshake(url)).toBe(101);
    expect(await handshake("https://other.example")).toBe(403);
    const read = async (origin: string) =>
      (await fetch(`${url}/v1/videos/launch/history`, { headers: { origin } })).status;
    expect(await read(url)).toBe(200);
    expect(await read("https://other.example")).toBe(403);
  });

  test("a browser that speaks HTTP/2 gets its event stream without delay", async () => {
    const session = http2Connect(url);
    try {
      const path = "/v1/videos/http2/events";
      const stream = session.request({ ":path": path, accept: "text/event-stream", origin: url });
      stream.setEncoding("utf8");
      const text = new Recorder<string>();
      stream.on("data", text.take);
      const holds = (part: string) => text.until((all) => all.join("").includes(part));
      await holds('"op":"result"');
      for (const id of ["one", "two", "three"]) {
        await fetch(`${url}/v1/videos/http2/events`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ kind: "comment", id: `${id}-${kind.name}` }),
        });
        await holds(`"id":"${id}-${kind.name}"`);
      }
    } finally {
      session.destroy();
    }
  });
});

test.skipIf(!availableProxies().some(({ name }) => name === "HAProxy"))(
  "HAProxy without TLS, which merges small writes, adds no delay either",
  async () => {
    const { port } = await site.haproxyWithoutTls();
    const url = `http://127.0.0.1:${port}`;
    for (const transport of ["websocket", "sse"] as const) {
      const delayMs = await lateness(site, url, `plain-${transport}`, transport);
      expect(delayMs).toBeLessThan(LATE_MS);
    }
  },
);
