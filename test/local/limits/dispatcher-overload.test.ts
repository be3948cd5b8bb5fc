/** A dispatcher with less CPU than it needs: likes are refused first, comments last. */
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { seedKinds } from "../../support/kinds.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { type RoleProcess, spawnRole } from "../../support/process.ts";
import { metric } from "../../support/stack.ts";
import { throttle } from "../../support/throttle.ts";
import { post, watch } from "../../support/viewer.ts";

const VIDEO = "crowded";
const TURN = { runMs: 50, stopMs: 250 } as const;

let nats: TestNats;
const started: RoleProcess[] = [];
let release: (() => Promise<void>) | undefined;
afterEach(async () => {
  await release?.();
  for (const { kill9 } of started.splice(0)) await kill9();
  await nats?.stop();
});

test("likes are refused with a named error, a comment is stored and delivered, and it recovers afterwards", async () => {
  nats = await startTestNats();
  await seedKinds(nats.url);
  const dispatcher = await spawnRole("dispatcher", nats.url, ["--overload-delay-ms", "160"]);
  const gateway = await spawnRole("gateway", nats.url);
  started.push(dispatcher, gateway);
  const viewer = await watch("msgpack", gateway.port, VIDEO);
  release = throttle(dispatcher.child, TURN);

  const like = () => post(gateway.port, VIDEO, { kind: "like" });
  await eventually(async () => {
    const { status, body } = await like();
    return status === 503 && JSON.stringify(body).includes('"overloaded"');
  });
  const comment = { kind: "comment", id: "c1" };
  await eventually(async () => (await post(gateway.port, VIDEO, comment)).status === 200);
  await viewer.until(() => viewer.of(VIDEO, "comment").length === 1);
  const taken = dispatcher.output
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === "overload: shedding more load");
  expect(taken[0]).toMatchObject({ step: "transient", level: 1 });
  expect(await metric(dispatcher, "ovation_dispatcher_overload_refused_total")).toBeGreaterThan(0);

  await release();
  await eventually(
    async () => (await metric(dispatcher, "ovation_dispatcher_overload_step")) === 0,
  );
  expect((await like()).status).toBe(200);
  await viewer.close();
});
