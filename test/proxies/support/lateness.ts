/** How much later events arrive through a proxy than directly from a gateway. */
import { expect } from "vitest";
import { client, connected, listen } from "../../sdk/support/client.ts";
import { GATEWAY_HOSTS, type Site } from "./site.ts";

/** Half of the time for which HAProxy delays data when it expects more. */
export const LATE_MS = 100;
const COMMENTS = 20;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How long after its publish at a gateway each of some comments arrived, one at a time. */
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
    const startedAt = performance.now();
    await backend.video(id).publish("comment", n);
    await comments.first(({ data }) => data === n);
    took.push(performance.now() - startedAt);
  }
  expect(comments.all.map(({ data }) => data)).toEqual(took.map((_, index) => index + 1));
  return took;
}

/**
 * Publishes comments, each after the previous one has arrived: a comment that is held back never does.
 * @returns in ms, how far the median through the proxy is above that of a gateway
 */
export async function lateness(
  site: Site,
  url: string,
  id: string,
  transport: "websocket" | "sse",
): Promise<number> {
  const gateway = `http://${GATEWAY_HOSTS[1]}:${site.port}`;
  const direct = await delays(site, gateway, `direct-${id}`, transport);
  const through = await delays(site, url, `through-${id}`, transport);
  return median(through) - median(direct);
}
