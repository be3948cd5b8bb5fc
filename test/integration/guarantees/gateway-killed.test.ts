/** The guarantees when a gateway is killed. */
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import { eventually } from "../../support/eventually.ts";
import {
  idsOf,
  LEASE_MS,
  names,
  publish,
  publishUnanswered,
  republish,
  stored,
  untilCount,
  untilShown,
  useProcesses,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { Load } from "../../support/load.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { ReturningViewer } from "../../support/persistent.ts";
import { endPoll, openPoll, untilTally, vote, voteFields } from "../../support/polls.ts";
import { setScore, untilScore } from "../../support/state-values.ts";
import { untilTotals } from "../../support/totals.ts";
import { TestSocket, watch } from "../../support/viewer.ts";

/** Extra time beyond the promised one, for a busy machine. */
const SLACK_MS = 20_000;
// However late a frame is, it carries each of its events.
const stack = useStack({ gateways: 2, gateway: { frameEvents: 10_000 } });
const spawned = useProcesses(stack);

guarantee("a gateway is killed", "like", async () => {
  const victim = await spawned("gateway");
  const elsewhere = await Promise.all(
    stack().gateways.map(({ port }) => watch("msgpack", port, "likes")),
  );
  const loser = await TestSocket.connect(victim.port);
  await loser.ask("subscribe", { video: "likes" });
  await stack().mirrored("likes", 3);
  const publisher = await TestSocket.connect(stack().gateway.port);
  const load = new Load(publisher, "likes", 200);
  await loser.until(() => loser.of("likes", "like").length > 20);
  await victim.kill9();
  await loser.untilClosed();
  await publish(stack().gateway, "likes", "like", ["meanwhile"]);
  // Its gateway has delivered it, so a viewer that comes now is too late for it.
  for (const viewer of elsewhere) await untilShown(viewer, "likes", "like", "meanwhile");
  const back = await watch("json", stack().gatewayAt(1).port, "likes");
  await publish(stack().gateway, "likes", "like", ["last"]);
  expect(idsOf(await untilShown(back, "likes", "like", "last"))).not.toContain("meanwhile");
  const before = load.result.accepted.size;
  await eventually(() => load.result.accepted.size > before + 50);
  const { accepted, refused } = await load.stop();
  expect([...refused]).toEqual([]);
  const all = [...accepted, "meanwhile", "last"];
  for (const viewer of elsewhere) {
    await viewer.until(() => viewer.of("likes", "like").length >= all.length);
    expect(idsOf(viewer.of("likes", "like")).sort()).toEqual(all.sort());
  }
  await Promise.all([back, publisher, ...elsewhere].map((viewer) => viewer.close()));
});

guarantee("a gateway is killed", "comment", async () => {
  const victim = await spawned("gateway");
  let { port } = victim;
  const viewers = names("viewer", 3).map(
    () => new ReturningViewer("comments", { pick: () => port }),
  );
  await Promise.all(viewers.map((viewer) => viewer.start()));
  const stays = await watch("json", stack().gateway.port, "comments");
  await stack().mirrored("comments", 4);
  const before = names("before", 3);
  await publish(victim, "comments", "comment", before);
  for (const viewer of viewers) await viewer.has(new Set(before));
  const publishers = [await TestSocket.connect(port), await TestSocket.connect(port)] as const;
  publishUnanswered(publishers[0], "comments", "comment", "taken");
  await untilShown(stays, "comments", "comment", "taken");
  // From here on it reads and sends nothing: what is sent to it dies with it.
  victim.child.kill("SIGSTOP");
  publishUnanswered(publishers[1], "comments", "comment", "not-taken");
  const meanwhile = names("meanwhile", 5);
  await publish(stack().gateway, "comments", "comment", meanwhile);
  ({ port } = stack().gatewayAt(1));
  await victim.kill9();
  const again = [
    await republish(port, "comments", "comment", "taken"),
    await republish(port, "comments", "comment", "not-taken"),
  ];
  const all = [...before, "taken", ...meanwhile, "not-taken"];
  for (const viewer of viewers) {
    await viewer.has(new Set(all));
    expect(idsOf(viewer.comments)).toEqual(all);
    expectContiguous(viewer.comments);
    expect(viewer.complaints).toEqual([]);
    // The answer to its subscribe may follow what it missed.
    await eventually(() => viewer.connections === 2);
  }
  const comments = await untilShown(stays, "comments", "comment", "not-taken");
  expect(idsOf(comments)).toEqual(all);
  expect([comments[3]?.seq, comments.at(-1)?.seq]).toEqual(again.map(({ seq }) => seq));
  expect(await stored(stack().gateway, "comments")).toEqual(all);
  await Promise.all([...viewers.map((viewer) => viewer.stop()), stays.close()]);
});

guarantee("a gateway is killed", "state", async () => {
  const victim = await spawned("gateway");
  const lost = await watch("json", victim.port, "state");
  await setScore(victim, "state", 1);
  await untilScore(stack(), "state", [lost], 1);
  await victim.kill9();
  await setScore(stack().gateway, "state", 2);
  const back = await watch("json", stack().gatewayAt(1).port, "state");
  await untilScore(stack(), "state", [back], 2);
  await back.close();
});

guarantee("a gateway is killed", "viewers", async () => {
  const victim = await spawned("gateway");
  const stay = await Promise.all(
    stack().gateways.map(({ port }) => watch("json", port, "numbers")),
  );
  const lost = await Promise.all([1, 2, 3].map(() => TestSocket.connect(victim.port)));
  for (const viewer of lost) await viewer.ask("subscribe", { video: "numbers" });
  await untilCount([...stay, ...lost], "numbers", 5);
  const killedAt = performance.now();
  await victim.kill9();
  await untilCount(stay, "numbers", 2);
  expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + SLACK_MS);
  await Promise.all(stay.map((viewer) => viewer.close()));
});

guarantee("a gateway is killed", "total", async () => {
  const victim = await spawned("gateway");
  const viewer = await TestSocket.connect(victim.port);
  await viewer.ask("subscribe", { video: "totals" });
  await stack().mirrored("totals", 1);
  await publish(victim, "totals", "like", names("before", 5));
  await untilTotals(viewer, "totals", { like: 5 });
  await victim.kill9();
  await publish(stack().gateway, "totals", "like", names("meanwhile", 5));
  await publish(stack().gateway, "totals", "comment", names("comment", 2));
  const back = await watch("json", stack().gatewayAt(1).port, "totals");
  await untilTotals(back, "totals", { comment: 2, like: 10 });
  await back.close();
});

guarantee("a gateway is killed", "order", async () => {
  const victim = await spawned("gateway");
  const viewer = await watch("json", stack().gateway.port, "order");
  const sdk = await sdkPublisher([victim.port, stack().gatewayAt(1).port], "sdk-order");
  sdk.publish(40);
  await sdk.accepted(5);
  const { ids } = await sendInARow(victim.port, "order", "c", 80);
  await untilShown(viewer, "order", "comment", "c-1");
  await victim.kill9();
  sdk.publish(10);
  const called = await sdk.end();
  expect(await stored(stack().gateway, "sdk-order")).toEqual(called);
  const kept = ofThese(await stored(stack().gateway, "order"), ids);
  expect(kept).toEqual(ids.slice(0, kept.length));
  await viewer.close();
});

guarantee("a gateway is killed", "vote", async () => {
  const victim = await spawned("gateway");
  const stays = await watch("json", stack().gateway.port, "votes");
  await stack().mirrored("votes", 1);
  await openPoll(stack().gateway, "votes");
  const [taken, notTaken] = await Promise.all([
    TestSocket.connect(victim.port),
    TestSocket.connect(victim.port),
  ]);
  taken.socket.pause();
  taken.sendMessage({ op: "publish", id: 1_000, ...voteFields("votes", "taken", 1) });
  await untilTally([stays], "votes", [0, 1, 0]);
  victim.child.kill("SIGSTOP");
  notTaken.sendMessage({ op: "publish", id: 1_000, ...voteFields("votes", "not-taken", 2) });
  expect(await vote(stack().gateway, "votes", "meanwhile", 0)).toBe("counted");
  await victim.kill9();
  const elsewhere = stack().gatewayAt(1);
  expect(await vote(elsewhere, "votes", "taken", 1)).toBe("counted");
  expect(await vote(elsewhere, "votes", "not-taken", 2)).toBe("counted");
  const back = await watch("json", elsewhere.port, "votes");
  await untilTally([stays, back], "votes", [1, 1, 1]);
  expect(await endPoll(elsewhere, "votes")).toEqual([1, 1, 1]);
  await Promise.all([stays.close(), back.close()]);
});
