/**
 * Each server of a cluster of three loses its disk, one after the other, while comments are published,
 * and comes back by the commands of docs/operations.md: no acknowledged comment is lost. It needs
 * nats-servers only, no Kubernetes.
 */
import { rm } from "node:fs/promises";
import { afterAll, test } from "vitest";
import { startNatsCluster } from "../support/nats-cluster.ts";
import { PageCode } from "../support/page-code.ts";
import { KEPT_ENV, Loaded, urlsOf } from "./support/loaded.ts";
import { Pasted } from "./support/pasted.ts";

const page = new PageCode("docs/operations.md");
const DAY_MS = 86_400_000;
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test("a nats-server that comes back with an empty disk gets everything from the others", async () => {
  const commands = await Pasted.start({ ...KEPT_ENV, OVATION_PATIENCE_MS: "60000" });
  ends.push(() => commands.stop());
  const cluster = await startNatsCluster(3, "current");
  ends.push(() => cluster.stop());
  const load = await Loaded.start(urlsOf(cluster), 3);
  ends.push(() => load.stop());
  for (const [index, server] of cluster.servers.entries()) {
    const name = `nats-${index + 1}`;
    const other = urlsOf(cluster)[(index + 1) % 3] ?? "";
    await server.kill9();
    await rm(server.storeDir, { recursive: true });
    await commands.run(page.block("sh", "store wait nats-2"), other, { "nats-2": name });
    await server.restart();
    const monitor = { "http://nats-2:8222": cluster.monitors[index] ?? "" };
    await commands.run(page.block("sh", "until curl"), other, monitor);
    // The cluster takes a change at once, also by the server that was empty.
    const copies = "--history-replicas 3 --table-replicas 3";
    const change = `ovation store apply ${copies} --history-age-ms ${(8 + index) * DAY_MS}`;
    await commands.run(change, server.url);
    await load.more();
  }
  await load.check();
});
