/** Proxies that send the viewers of a video to one gateway, with the lines of docs/proxies.md. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ovation } from "../../sdk/index.ts";
import { client, connected } from "../sdk/support/client.ts";
import { availableProxies, type Replacements } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

const PAGE = join(import.meta.dirname, "../../docs/proxies.md");
const VIDEOS = 24;
const OTHERS = 20;

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

/** The lines of the page with this name. */
async function linesOf(name: string): Promise<string> {
  const page = await readFile(PAGE, "utf8");
  const [, lines] = page.split(`\`\`\`${name}\n`);
  if (lines === undefined) throw new Error(`docs/proxies.md has no lines ${name}`);
  return lines.slice(0, lines.indexOf("\n```"));
}

const PROXIES: Readonly<Record<string, () => Promise<Replacements>>> = {
  HAProxy: async () => [["    balance leastconn", await linesOf("haproxy-affinity")]],
  nginx: async () => [
    ["        least_conn;", await linesOf("nginx-affinity")],
    [
      "    upstream gateways {",
      `${await linesOf("nginx-affinity-video")}\n    upstream gateways {`,
    ],
  ],
};

/** A viewer of a video, and the gateway that it came to. */
async function watch(url: string, video: string): Promise<[Ovation, string | undefined]> {
  const ovation = client(url, { transport: "websocket" });
  ovation.video(video).watch();
  const { gateway } = await connected(ovation);
  return [ovation, gateway];
}

const kinds = availableProxies().filter(({ name }) => PROXIES[name] !== undefined);

test.each(kinds)(
  "$name sends the viewers of a video to one gateway, and videos to both",
  async (kind) => {
    const proxy = await site.proxy(kind, await PROXIES[kind.name]?.());
    const url = `https://127.0.0.1:${proxy.port}`;
    const used = new Set<string | undefined>();
    // So many that two more are not too many for a gateway: they come for no video.
    const others = Array.from({ length: OTHERS }, () => client(url, { transport: "websocket" }));
    for (const other of others) {
      other.connect();
      await connected(other);
    }
    for (let n = 0; n < VIDEOS; n += 1) {
      const video = `${kind.name}-${n}`;
      const [first, gateway] = await watch(url, video);
      const [second, same] = await watch(url, video);
      expect(same).toBe(gateway);
      used.add(gateway);
      first.close();
      second.close();
    }
    expect(used.size).toBe(2);
  },
);

test.each(kinds.filter(({ name }) => name === "HAProxy"))(
  "$name spreads a video that is too large for one gateway",
  async (kind) => {
    const proxy = await site.proxy(kind, await PROXIES[kind.name]?.());
    const url = `https://127.0.0.1:${proxy.port}`;
    const viewers = await Promise.all(Array.from({ length: 30 }, () => watch(url, "hot")));
    expect(new Set(viewers.map(([, gateway]) => gateway)).size).toBe(2);
  },
);
