/** What viewers get through each proxy, configured as docs/proxies.md prints it. */
import { once } from "node:events";
import { connect as http2Connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { client, connected, listen } from "../sdk/support/client.ts";
import { Recorder } from "../support/recorder.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { GATEWAY_HOSTS, Site } from "./support/site.ts";

/** Half of the time by which HAProxy and others hold back what they expect more of. */
const LATE_MS = 100;

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How long after its publish at a gateway each of 20 comments came, the next after the last. */
async function delays(
  url: string,
  id: string,
  transport: "websocket" | "sse",
): Promise<readonly number[]> {
  const ovation = client(url, { transport });
  const { events: comments, joined } = listen(ovation, id, "comment");
  expect(await connected(ovation)).toMatchObject({ via: transport });
  await joined();
  const backend = client<{ comment: number }>(`http://${GATEWAY_HOSTS[0]}:${site.port}`);
  const took: number[] = [];
  for (let n = 1; n <= 20; n += 1) {
    const began = performance.now();
    await backend.video(id).publish("comment", n);
    await comments.first(({ data }) => data === n);
    took.push(performance.now() - began);
  }
  expect(comments.all.map(({ data }) => data)).toEqual(took.map((_, index) => index + 1));
  return took;
}

describe.each(availableProxies())("through $name", (kind) => {
  let proxy: ProxyProcess;
  let url: string;
  beforeAll(async () => {
    proxy = await site.proxy(kind);
    url = `https://127.0.0.1:${proxy.port}`;
  });

  test.each(["websocket", "sse"] as const)(
    "a viewer by %s gets each comment before the next is published, and not late",
    async (transport) => {
      const straight = await delays(
        `http://${GATEWAY_HOSTS[1]}:${site.port}`,
        `straight-${kind.name}-${transport}`,
        transport,
      );
      const through = await delays(url, `through-${kind.name}-${transport}`, transport);
      expect(median(through)).toBeLessThan(median(straight) + LATE_MS);
    },
  );

  test("a viewer publishes and reads the past, by each transport", async () => {
    for (const transport of ["websocket", "sse"] as const) {
      const ovation = client<{ comment: string }>(url, { transport });
      const id = `publish-${kind.name}-${transport}`;
      const { seq } = await ovation.video(id).publish("comment", "hello");
      expect(seq).toBeGreaterThan(0);
      const history = await fetch(`${url}/v1/videos/${id}/history`);
      expect(await history.json()).toMatchObject({ events: [{ kind: "comment", data: "hello" }] });
    }
  });

  test("a page of the same origin is let in, and no other", async () => {
    const handshake = async (origin: string): Promise<number> => {
      const socket = new WebSocket(`${url}/v1/connect`, ["ovation.v1.json"], { origin });
      const [opened] = await Promise.race([
        once(socket, "open").then(() => [101]),
        once(socket, "unexpected-response").then(([, response]) => [response.statusCode]),
      ]);
      socket.on("error", () => undefined).terminate();
      return opened;
    };
    expect(await handshake(url)).toBe(101);
    expect(await handshake("https://other.example")).toBe(403);
    const read = async (origin: string) =>
      (await fetch(`${url}/v1/videos/launch/history`, { headers: { origin } })).status;
    expect(await read(url)).toBe(200);
    expect(await read("https://other.example")).toBe(403);
  });

  test("a browser that speaks HTTP/2 gets its event stream as it comes", async () => {
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
