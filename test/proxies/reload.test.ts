/** Proxies that reload their configuration: viewers come back without a gap. */
import { afterEach, describe, expect, test } from "vitest";
import { client, connected, listen, statesOf } from "../sdk/support/client.ts";
import { eventually } from "../support/eventually.ts";
import { availableProxies, type Replacements } from "./support/proxy.ts";
import { GATEWAY_HOSTS, Site } from "./support/site.ts";

/** Shortens how long old workers may keep their viewers after a reload, from 10 minutes. */
const SHORT: Readonly<Record<string, Replacements>> = {
  nginx: [["worker_shutdown_timeout 10m", "worker_shutdown_timeout 1s"]],
  HAProxy: [["hard-stop-after 10m", "hard-stop-after 1s"]],
};

let site: Site | undefined;
afterEach(async () => await site?.stop());

const kinds = availableProxies().filter(({ reload }) => reload !== undefined);

describe.each(kinds)("$name", (kind) => {
  test("reloads, and no viewer misses a comment or gets one twice", async () => {
    site = await Site.start();
    const short = SHORT[kind.name];
    const proxy = await site.proxy(kind, short);
    const url = `https://127.0.0.1:${proxy.port}`;
    const viewers = await Promise.all(
      (["websocket", "sse"] as const).map(async (transport) => {
        const ovation = client(url, { transport });
        const states = statesOf(ovation);
        const comments = listen(ovation, "launch", "comment");
        await connected(ovation);
        await comments.joined();
        return { states, comments: comments.events };
      }),
    );
    const backend = client<{ comment: number }>(`http://${GATEWAY_HOSTS[0]}:${site.port}`);
    let published = 0;
    const publish = async () => {
      published += 1;
      await backend.video("launch").publish("comment", published);
    };

    await publish();
    await proxy.reload();
    // If old connections are closed, comments keep coming until every viewer is back.
    const isBack = () =>
      viewers.every(({ states: { all } }) => {
        const lost = all.findIndex(({ name }) => name === "reconnecting");
        return lost >= 0 && all.slice(lost).some(({ name }) => name === "connected");
      });
    await eventually(async () => {
      await publish();
      return short === undefined ? published >= 20 : isBack();
    });
    await listen(client(url), "launch").joined();
    await publish();

    const all = Array.from({ length: published }, (_, index) => index + 1);
    for (const { comments } of viewers) {
      await comments.first(({ data }) => data === published);
      expect(comments.all.map(({ data }) => data)).toEqual(all);
    }
  });
});
