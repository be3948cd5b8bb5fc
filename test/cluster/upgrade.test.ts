/** What an operator can rely on when the chart's pods run. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ovation } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { HookReceiver } from "../support/hook-receiver.ts";
import { tokenOf } from "../support/tokens.ts";
import { type Cluster, NODE_ADDRESS, startCluster } from "./support/node.ts";
import { Release } from "./support/release.ts";
import { alertCommands, isDone, LEFT_OUT, runLines } from "./support/runbook.ts";

const VIDEO = "launch";
const VIEWERS = 10;
let cluster: Cluster;
let release: Release;

beforeAll(async () => {
  cluster = await startCluster();
  release = await Release.install(cluster);
});

afterAll(async () => {
  await cluster?.stop();
});

async function viewer(name: string): Promise<Ovation> {
  const key = Buffer.from(await release.authSecret());
  const claims = { sub: name, videos: [VIDEO], publish: ["comment"] };
  return new Ovation({ url: await release.url(), token: await tokenOf(claims, { key }) });
}

test("helm test sees a like arrive, and runs the doctor", async () => {
  const output = await release.test();
  expect(output).toMatch(/^a like of helm-test-\d+ arrived$/m);
  expect(output).toContain("The table is right: 2 gateways with a lease");
});

test("the runbook's commands run as printed", { timeout: 1_200_000 }, async () => {
  const runbook = alertCommands();
  const isRun = (line: string) => LEFT_OUT.every((one) => !one.line.test(line));
  const all = runbook.flatMap(({ lines }) => lines);
  // Nothing is left out that isn't there, and each alert has commands.
  expect(LEFT_OUT.filter((one) => !all.some((line) => one.line.test(line)))).toEqual([]);
  expect(runbook.filter(({ lines }) => lines.length === 0)).toEqual([]);
  const failed: object[] = [];
  for (const { alert, lines } of runbook) {
    const run = lines.filter(isRun);
    const instead = await release.words();
    const ended = await runLines(cluster.kubeconfig, run, instead);
    for (const [at, line] of run.entries()) {
      const how = ended[at];
      if (how === undefined || !isDone(line, how)) failed.push({ alert, line, ...how });
    }
    if (run.some((line) => /delete pod|scale/.test(line))) await release.settled();
  }
  expect(failed).toEqual([]);
  const ran = all.filter(isRun).length;
  process.stdout.write(`${ran} of ${all.length} commands of ${runbook.length} alerts ran\n`);
});

test("helm upgrade replaces every pod, and no acknowledged comment is lost or comes twice", async () => {
  const before = await release.pods();
  const clients: Ovation[] = [];
  const seen: string[][] = [];
  for (let count = 0; count < VIEWERS; count += 1) {
    const comments: string[] = [];
    const client = await viewer(`viewer-${count}`);
    // The first comment may be published before this viewer is subscribed.
    client.video(VIDEO, { history: 1_000 }).on("comment", ({ id }) => comments.push(id));
    clients.push(client);
    seen.push(comments);
  }
  const publisher = await viewer("publisher");
  clients.push(publisher);
  const acknowledged: string[] = [];
  const publish = async () => {
    const { eventId } = await publisher.video(VIDEO).publish("comment", { text: "Hello" });
    acknowledged.push(eventId);
  };
  await publish();
  await eventually(() => seen.every((comments) => comments.includes(acknowledged[0] ?? "")));

  let upgrading = true;
  const publishing = (async () => {
    while (upgrading) await publish();
  })();
  const annotations = { "ovation/reason": "upgrade" };
  await release.upgrade({
    "gateway.podAnnotations": annotations,
    "dispatcher.podAnnotations": annotations,
    "nats.podAnnotations": annotations,
  });
  upgrading = false;
  await publishing;
  await publish();

  const last = acknowledged.at(-1) ?? "";
  await eventually(() => seen.every((comments) => comments.includes(last)));
  for (const comments of seen) expect(comments).toEqual(acknowledged);
  const { events } = await publisher.video(VIDEO).readHistory({ limit: 1_000 });
  expect(events.map(({ id }) => id)).toEqual(acknowledged.slice(-1_000));
  for (const client of clients) client.close();

  const after = await release.pods();
  expect(after.map(({ component }) => component).sort()).toEqual(
    before.map(({ component }) => component).sort(),
  );
  const uids = new Set(before.map(({ uid }) => uid));
  expect(
    after.filter(({ uid, ready, restarts }) => uids.has(uid) || !ready || restarts > 0),
  ).toEqual([]);
  process.stdout.write(`${acknowledged.length} comments to ${VIEWERS} viewers meanwhile\n`);
});

test("the pods of ovation hooks send webhooks", async () => {
  const receiver = new HookReceiver();
  await receiver.start(0, "0.0.0.0");
  try {
    await release.addSecret("ovation-hooks", { secret: receiver.secret });
    await release.upgrade({
      "hooks.enabled": true,
      "hooks.url": receiver.url.replace("127.0.0.1", NODE_ADDRESS),
      "hooks.existingSecret": "ovation-hooks",
      "hooks.settings.hooks-allow-http": true,
      "hooks.settings.hooks-allow-private": true,
      "hooks.resources.requests.cpu": "20m",
    });
    const publisher = await viewer("reporter");
    const told = () => receiver.of("comment.stored").map(({ data }) => data.id);
    // The first instance that works tells what comes from then on.
    const ids: string[] = [];
    await eventually(async () => {
      const { eventId } = await publisher.video(VIDEO).publish("comment", { text: "told" });
      ids.push(eventId);
      return told().length > 0;
    });
    await eventually(() => told().at(-1) === ids.at(-1));
    expect(told()).toEqual(ids.slice(-told().length));
    expect(receiver.faults).toEqual([]);
    publisher.close();
  } finally {
    await receiver.stop();
  }
});
