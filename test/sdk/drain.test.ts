/** Viewers notice next to nothing when an operator stops their gateway. */
import { afterEach, expect, test } from "vitest";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { Commenter, expectAllComments, Viewer } from "../faults/cluster/audience.ts";
import { eventually } from "../support/eventually.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric, TestStack } from "../support/stack.ts";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Audience {
  readonly stack: TestStack;
  readonly leaving: RoleProcess;
  readonly viewers: readonly Viewer[];
  readonly commenter: Commenter;
}

/** Viewers at a gateway process, a second gateway, and a commenter. */
async function audience(
  count: number,
  gateway: Partial<GatewayConfig>,
  flags: readonly string[] = [],
): Promise<Audience> {
  const stack = await TestStack.start({ gateways: 1, dispatchers: 1, gateway });
  cleanUps.push(() => stack.stop());
  const leaving = await spawnRole("gateway", stack.nats.url, flags);
  cleanUps.push(() => leaving.kill9());
  const [there, other] = [leaving, stack.gateway].map(({ port }) => `http://127.0.0.1:${port}`);
  const viewers = Array.from(
    { length: count },
    () => new Viewer([there ?? "", other ?? ""], "launch", { patienceMs: 60_000 }),
  );
  cleanUps.push(() => {
    for (const viewer of viewers) viewer.close();
  });
  await Promise.all(viewers.map((viewer) => viewer.connected()));
  await stack.mirrored("launch", count);
  const commenter = new Commenter([other ?? ""], "launch", "ann");
  cleanUps.push(() => commenter.stop());
  commenter.start();
  await commenter.goesOn();
  return { stack, leaving, viewers, commenter };
}

test("each viewer reconnects once and has every comment, and no row of the gateway is left", async () => {
  const { stack, leaving, viewers, commenter } = await audience(50, {});
  const stopped = leaving.stop();
  expect(await stopped).toBe(0);
  await Promise.all(viewers.map((viewer) => viewer.connected(2)));
  await stack.mirrored("launch", 50);
  await commenter.goesOn();
  await commenter.stop();
  await expectAllComments(viewers, [commenter]);
  expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 2));
  expect(stack.dispatchers[0]?.routes.row("launch", leaving.id)).toBeUndefined();
});

test("viewers are dismissed no faster than the others admit them, and keep watching until their turn", async () => {
  const limits = { connectionsPerSecond: 20 };
  const { leaving, viewers, commenter } = await audience(20, limits, ["--drain-ms", "120000"]);
  const stopped = leaving.stop();
  const rate = () => metric(leaving, "ovation_gateway_departures_per_second");
  await eventually(async () => (await rate()) > 0);
  // The other half is reserved for new viewers.
  expect(await rate()).toBe(10);
  expect((await fetch(`http://127.0.0.1:${leaving.opsPort}/readyz`)).status).toBe(503);
  // Only viewers whose turn it was have been dismissed; the others keep watching.
  const staying = viewers.filter(({ connections, isAway }) => connections === 1 && !isAway);
  expect(staying.length).toBeGreaterThan(0);
  expect(await stopped).toBe(0);
  await Promise.all(viewers.map((viewer) => viewer.connected(2)));
  await commenter.stop();
  await expectAllComments(viewers, [commenter]);
  expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 2));
});
