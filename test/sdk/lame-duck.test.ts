/** What viewers and publishers can rely on when an operator stops a nats-server. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Commenter, expectAllComments, Viewer } from "../faults/cluster/audience.ts";
import { eventually } from "../support/eventually.ts";
import { type NatsCluster, startNatsCluster } from "../support/nats-cluster.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric } from "../support/stack.ts";

const COPIES = ["--table-replicas", "3", "--history-replicas", "3"];

let cluster: NatsCluster;
let roles: RoleProcess[];
let viewers: Viewer[];
let commenter: Commenter;

beforeEach(async () => {
  cluster = await startNatsCluster(3);
  const [first] = cluster.servers;
  const url = first?.url ?? "";
  const names = ["dispatcher", "dispatcher", "gateway", "gateway"] as const;
  roles = await Promise.all(names.map((role) => spawnRole(role, url, COPIES)));
  const urls = roles.slice(2).map(({ port }) => `http://127.0.0.1:${port}`);
  viewers = Array.from({ length: 10 }, () => new Viewer(urls, "launch", { patienceMs: 60_000 }));
  await Promise.all(viewers.map((viewer) => viewer.connected()));
  commenter = new Commenter(urls, "launch", "ann");
  commenter.start();
  await commenter.goesOn();
});
afterEach(async () => {
  await commenter.stop();
  for (const viewer of viewers) viewer.close();
  await Promise.all(roles.map((role) => role.kill9()));
  await cluster.stop();
});

test("a nats-server in lame-duck mode is left, once, and no comment is lost", async () => {
  // All of them are connected to this server: it is the only one in their configuration.
  const [leaving] = cluster.servers;
  process.kill(leaving?.pid ?? 0, "SIGUSR2");
  const left = (role: RoleProcess) => metric(role, "ovation_bus_lame_ducks_left_total");
  await eventually(async () => (await Promise.all(roles.map(left))).every((count) => count === 1));
  for (const role of roles) {
    await eventually(async () => (await fetch(`http://127.0.0.1:${role.opsPort}/readyz`)).ok);
  }
  await commenter.goesOn(50);
  await commenter.stop();
  await expectAllComments(viewers, [commenter]);
  expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
  for (const role of roles) {
    expect(await metric(role, "ovation_bus_reconnects_total")).toBe(1);
    expect(role.child.exitCode).toBeNull();
  }
});
