/** No request is lost with a gateway that stops or isn't ready: each proxy notices by its checks. */
import { afterEach, describe, expect, test } from "vitest";
import { Network } from "../sdk/support/network.ts";
import { eventually } from "../support/eventually.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

const REQUESTS = 20;

let site: Site | undefined;
let network: Network | undefined;
afterEach(async () => {
  await site?.stop();
  await network?.stop();
});

/** The answers to some requests, one after the other: their status and error code. */
async function answers({ port }: ProxyProcess): Promise<readonly string[]> {
  const found: string[] = [];
  for (let n = 0; n < REQUESTS; n += 1) {
    const read = async () => await fetch(`https://127.0.0.1:${port}/v1/ping`);
    // Browsers retry a safe request too when its connection ends without an answer.
    const response = await read().catch(read);
    const text = await response.text();
    found.push(`${response.status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ""}`.trim());
  }
  return found;
}

const allOk = Array<string>(REQUESTS).fill("200");

describe.each(availableProxies())("$name", (kind) => {
  test("gets every request answered while a gateway stops, and after it has stopped", async () => {
    site = await Site.start({ drainMs: 500 });
    const proxy = await site.proxy(kind);
    expect(await answers(proxy)).toEqual(allOk);
    const gateway = site.stack.gatewayAt(1);
    const [meanwhile] = await Promise.all([
      answers(proxy),
      gateway.drain().then(async () => await gateway.stop()),
    ]);
    // A kept connection may bring one more request to the gateway, whose answer says to retry.
    expect(meanwhile.filter((answer) => answer !== "503 draining")).toEqual(
      allOk.slice(0, meanwhile.filter((answer) => answer === "200").length),
    );
    expect(await answers(proxy)).toEqual(allOk);
  });

  // nginx has no active health checks: they are part of its commercial edition.
  test.skipIf(kind.name === "nginx")(
    "skips a gateway that is not ready, and uses it again later",
    async () => {
      site = await Site.start({}, async (natsUrl) => {
        const { port } = new URL(natsUrl);
        network = await Network.start(Number(port));
        return { natsUrl: [natsUrlAs("gateway", network.url.replace("http", "nats"))] };
      });
      if (network === undefined) throw new Error("no network");
      const proxy = await site.proxy(kind);
      const isAllOk = async () => (await answers(proxy)).every((answer) => answer === "200");
      expect(await isAllOk()).toBe(true);
      network.isDown = true;
      network.cut();
      const ownPing = `http://127.0.0.12:${site.port}/v1/ping`;
      await eventually(async () => (await fetch(ownPing)).status === 503);
      await eventually(isAllOk);
      network.isDown = false;
      await eventually(async () => (await fetch(ownPing)).ok);
      await site.stack.gatewayAt(0).stop();
      await eventually(isAllOk);
    },
  );
});
