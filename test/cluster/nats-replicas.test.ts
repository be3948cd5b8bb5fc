/**
 * From one nats-server to three, to five and back to three, as docs/operations.md says, while comments
 * are published: none that was acknowledged is lost. It needs a nats-server only, no Kubernetes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Dispatcher } from "../../dispatcher/dispatcher.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { Ovation } from "../../sdk/index.ts";
import { configFor } from "../../shared/config/load.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { ovationAs } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats } from "../support/nats.ts";
import { type NatsCluster, startNatsCluster } from "../support/nats-cluster.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { ROOMY_DISPATCHER, ROOMY_GATEWAY } from "../support/roomy.ts";

const VIDEO = "launch";
/** At each stage, so many more comments are acknowledged before the next step. */
const EACH = 20;
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const KEPT = { historyEvents: 10_000 };
const keptFlags = ["--history-events", "10000"];

function copies(count: number): string[] {
  return ["--history-replicas", `${count}`, "--table-replicas", `${count}`, ...keptFlags];
}

async function startDispatcher(urls: readonly string[], replicas: number): Promise<Dispatcher> {
  const natsUrl = urls.map((url) => natsUrlAs("dispatcher", url));
  const more = { historyReplicas: replicas, tableReplicas: replicas, ...KEPT };
  const config = configFor("dispatcher", { natsUrl, opsPort: 0, ...ROOMY_DISPATCHER, ...more });
  const dispatcher = new Dispatcher(newNodeId(), config, silentLog);
  await dispatcher.start();
  return dispatcher;
}

async function startGateway(urls: readonly string[], port: number, replicas: number) {
  const natsUrl = urls.map((url) => natsUrlAs("gateway", url));
  const more = { historyReplicas: replicas, tableReplicas: replicas, ...KEPT };
  const fixed = { host: "127.0.0.1", port, opsPort: 0, open: true, drainMs: 500 };
  const config = configFor("gateway", { natsUrl, ...fixed, ...ROOMY_GATEWAY, ...more });
  const gateway = new Gateway(newNodeId(), config, silentLog);
  await gateway.start();
  return gateway;
}

async function end(node: Dispatcher | Gateway): Promise<void> {
  await node.drain();
  await node.stop();
}

function urlsOf({ servers }: NatsCluster): string[] {
  return servers.map(({ url }) => url);
}

test("nats 1 → 3 → 5 → 3 loses no acknowledged comment, and positions go on", async () => {
  const port = await freePort();
  const lone = await startTestNats();
  ends.push(() => lone.stop());
  let dispatcher = await startDispatcher([lone.url], 1);
  let gateway = await startGateway([lone.url], port, 1);
  ends.push(
    () => end(gateway),
    () => end(dispatcher),
  );

  const url = `http://127.0.0.1:${port}`;
  const publisher = new Ovation({ url });
  const viewer = new Ovation({ url });
  ends.push(async () => [publisher, viewer].map((client) => client.close()));
  const seen: string[] = [];
  let resets = 0;
  const watched = viewer.video(VIDEO);
  watched.on("comment", ({ id }) => seen.push(id));
  watched.on("reset", () => {
    resets += 1;
  });
  const acknowledged: string[] = [];
  let isPublishing = true;
  const publishing = (async () => {
    while (isPublishing) {
      const { eventId } = await publisher.video(VIDEO).publish("comment", { text: "hello" });
      acknowledged.push(eventId);
    }
  })();
  // A test that has failed doesn't wait for it.
  publishing.catch(() => undefined);
  const more = async () => {
    const wanted = acknowledged.length + EACH;
    await eventually(() => acknowledged.length >= wanted, 120_000);
  };
  const store = async (at: string, ...words: string[]) => {
    const { code, stderr } = await ovationAs("admin", at, "store", ...words);
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
  };
  await more();

  // 1 → 3: a cluster of its own, to which everything is moved.
  const cluster = await startNatsCluster(3);
  ends.push(() => cluster.stop());
  const [first = ""] = urlsOf(cluster);
  await end(dispatcher);
  await store(lone.url, "move", "--to", natsUrlAs("admin", first), ...copies(3));
  dispatcher = await startDispatcher(urlsOf(cluster), 3);
  await end(gateway);
  gateway = await startGateway(urlsOf(cluster), port, 3);
  await store(first, "plan", ...copies(3));
  await lone.stop();
  await more();

  // 3 → 5.
  await cluster.add();
  await cluster.add();
  await store(first, "apply", ...copies(5), "--patience-ms", "60000");
  await more();

  // 5 → 3, one server after the other.
  await store(first, "apply", ...copies(3));
  for (const [index, name] of [
    [4, "nats-5"],
    [3, "nats-4"],
  ] as const) {
    await cluster.servers[index]?.stop();
    await more();
    await store(first, "leave", name, ...copies(3));
    await store(first, "plan", ...copies(3));
    await more();
  }

  isPublishing = false;
  await publishing;
  const last = acknowledged.at(-1) ?? "";
  await eventually(() => seen.includes(last), 60_000);
  expect(seen).toEqual(acknowledged);
  expect(resets).toBe(0);

  // A backup of that cluster, restored into an empty one.
  const folder = await mkdtemp(join(tmpdir(), "ovation-backup-"));
  ends.push(() => rm(folder, { recursive: true }));
  await store(first, "backup", join(folder, "backup"), ...copies(3));
  const empty = await startNatsCluster(3);
  ends.push(() => empty.stop());
  const [there = ""] = urlsOf(empty);
  const patience = ["--patience-ms", "60000"];
  await store(there, "restore", join(folder, "backup"), ...copies(3), ...patience);
  const another = await startDispatcher(urlsOf(empty), 3);
  ends.push(() => end(another));
  const restored = await startGateway(urlsOf(empty), 0, 3);
  ends.push(() => end(restored));
  const reader = new Ovation({ url: `http://127.0.0.1:${restored.port}` });
  const { events } = await reader.video(VIDEO).readHistory({ limit: 1_000 });
  expect(events.map(({ id }) => id)).toEqual(acknowledged.slice(-1_000));
  reader.close();
  process.stdout.write(`${acknowledged.length} comments, all there\n`);
});
