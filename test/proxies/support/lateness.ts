/** How much later events come through a proxy than straight from a gateway. */
import { expect } from "vitest";
import { client, connected, listen } from "../../sdk/support/client.ts";
import { GATEWAY_HOSTS, type Site } from "./site.ts";

/** Half of the time by which HAProxy holds back what it expects more of. */
export const LATE_MS = 100;
const COMMENTS = 20;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How long after its publish at a gateway each of some comments came, the next after the last. */
async function delays(
  site: Site,
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
  for (let n = 1; n <= COMMENTS; n += 1) {
    const began = performance.now();
    await backend.video(id).publish("comment", n);
    await comments.first(({ data }) => data === n);
    took.push(performance.now() - began);
  }
  expect(comments.all.map(({ data }) => data)).toEqual(took.map((_, index) => index + 1));
  return took;
}

/**
 * Publishes comments, each when the one before has come: one that is held back is waited for in vain.
 * @returns in ms, by how much the median through the proxy is above that of a gateway
 */
export async function lateness(
  site: Site,
  url: string,
  id: string,
  transport: "websocket" | "sse",
): Promise<number> {
  const gateway = `http://${GATEWAY_HOSTS[1]}:${site.port}`;
  const straight = await delays(site, gateway, `straight-${id}`, transport);
  const through = await delays(site, url, `through-${id}`, transport);
  return median(through) - median(straight);
}
