/**
 * From one nats-server to three, to five and back to three, by the commands of docs/operations.md, while
 * comments are published: none that was acknowledged is lost. It needs a nats-server only, no Kubernetes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startTestNats } from "../support/nats.ts";
import { startNatsCluster } from "../support/nats-cluster.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { PageCode } from "../support/page-code.ts";
import {
  end,
  KEPT_ENV,
  keptAt,
  Loaded,
  startDispatcher,
  startGateway,
  urlsOf,
} from "./support/loaded.ts";
import { Pasted } from "./support/pasted.ts";

const page = new PageCode("docs/operations.md");
const PLAN = "ovation store plan --history-replicas 3 --table-replicas 3";
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test("nats 1 → 3 → 5 → 3 loses no acknowledged comment, and positions go on", async () => {
  const commands = await Pasted.start({ ...KEPT_ENV, OVATION_PATIENCE_MS: "60000" });
  ends.push(() => commands.stop());
  const lone = await startTestNats();
  ends.push(() => lone.stop());
  const load = await Loaded.start([lone.url], 1);
  ends.push(() => load.stop());

  // 1 → 3: a cluster of its own, to which everything is moved.
  const cluster = await startNatsCluster(3, "current");
  ends.push(() => cluster.stop());
  const [first = ""] = urlsOf(cluster);
  const target = { "nats://admin:…@nats-1:4222": natsUrlAs("admin", first) };
  const move = () =>
    commands.run(page.block("sh", "store move --to nats://admin:…@nats-1"), lone.url, target);
  await load.moved(move, urlsOf(cluster), 3);
  await commands.run(PLAN, first);
  await lone.stop();
  await load.more();

  // 3 → 5.
  await cluster.add();
  await cluster.add();
  await commands.run(page.block("sh", "apply --history-replicas 5"), first);
  await load.more();

  // 5 → 3, one server after the other.
  await commands.run(page.block("sh", "apply --history-replicas 3"), first);
  for (const [index, name] of [
    [4, "nats-5"],
    [3, "nats-4"],
  ] as const) {
    await cluster.servers[index]?.stop();
    await load.more();
    await commands.run(page.block("sh", "store leave nats-5"), first, { "nats-5": name });
    await commands.run(PLAN, first);
    await load.more();
  }
  // The cluster counts three: with one more away, two are a quorum.
  await cluster.servers[2]?.stop();
  await load.more();
  await cluster.servers[2]?.restart();
  await load.more();
  await load.check();

  // A backup of that cluster, restored into an empty one.
  const folder = await mkdtemp(join(tmpdir(), "ovation-backup-"));
  ends.push(() => rm(folder, { recursive: true }));
  const copies = "--history-replicas 3 --table-replicas 3";
  await commands.run(`ovation store backup ${folder}/backup ${copies}`, first);
  const empty = await startNatsCluster(3, "current");
  ends.push(() => empty.stop());
  const [there = ""] = urlsOf(empty);
  await commands.run(`ovation store restore ${folder}/backup ${copies}`, there);
  const another = await startDispatcher(urlsOf(empty), 3);
  ends.push(() => end(another));
  const restored = await startGateway(urlsOf(empty), 0, 3);
  ends.push(() => end(restored));
  expect(await keptAt(restored.port)).toEqual(load.acknowledged.slice(-1_000));
});
