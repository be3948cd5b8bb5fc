/** The guarantees when NATS is restarted with its store. */
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import { eventually } from "../../support/eventually.ts";
import {
  audienceOf,
  expectCountRecovers,
  likesFlow,
  publishUntilAccepted,
} from "../../support/failing-nats.ts";
import { idsOf, names, stored, untilCount, useStack } from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { StubbornPublisher } from "../../support/persistent.ts";
import { endPoll, openPoll, untilTally, vote, voteUntilCounted } from "../../support/polls.ts";
import { setScoreAtLast, tryScore, untilScore } from "../../support/state-values.ts";
import { expectRising, untilTotals } from "../../support/totals.ts";
import { post, TestSocket, watch } from "../../support/viewer.ts";

/** More than the load publishes, so that all of it can be read back. */
const SETTINGS = { historyEvents: 10_000 };
const stack = useStack({ gateways: 2, dispatchers: 2, gateway: SETTINGS, dispatcher: SETTINGS });

guarantee("NATS is restarted", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await likesFlow(stack(), "likes", viewers, names("before", 5));
  await stack().nats.kill9();
  const refused = await post(stack().gateway.port, "likes", { kind: "like", id: "meanwhile" });
  expect(refused.status).not.toBe(200);
  expect(["unavailable", "timeout"]).toContain((refused.body["error"] as { code: string }).code);
  await stack().nats.restart();
  const { codes } = await publishUntilAccepted(stack(), "likes", "like", "meanwhile");
  expect(codes.filter((code) => code !== "unavailable" && code !== "timeout")).toEqual([]);
  await stack().ready();
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

/** Publishes one comment after the other at a gateway, each until it is acknowledged. */
function keepsPublishing({ port }: { readonly port: number }, name: string) {
  const publisher = new StubbornPublisher({ pick: () => port });
  let isWanted = true;
  const publishing = (async () => {
    for (let n = 1; isWanted; n += 1) await publisher.comment("comments", `${name}-${n}`);
  })();
  return {
    publisher,
    end: async () => {
      isWanted = false;
      await publishing;
      await publisher.stop();
    },
  };
}

guarantee("NATS is restarted", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  const load = names("publisher", 4).map((name, at) =>
    keepsPublishing(stack().gatewayAt(at), name),
  );
  const haveAcknowledged = (count: number) =>
    eventually(() => load.every(({ publisher }) => publisher.acknowledged.size >= count));
  await haveAcknowledged(20);
  await stack().nats.kill9();
  await eventually(() => load.every(({ publisher }) => publisher.refused.size > 0));
  const before = Math.max(...load.map(({ publisher }) => publisher.acknowledged.size));
  await stack().nats.restart();
  await haveAcknowledged(before + 20);
  await Promise.all(load.map(({ end }) => end()));
  const seqById = new Map(load.flatMap(({ publisher }) => [...publisher.acknowledged]));
  for (const viewer of viewers) {
    await viewer.until(() => viewer.of("comments", "comment").length >= seqById.size);
    const comments = viewer.of("comments", "comment");
    expectContiguous(comments);
    // In chain order, so this shows that each is there exactly once, with its seq.
    expect(comments.map(({ id, seq }) => [id, seq])).toEqual(
      [...seqById].sort(([, one], [, other]) => one - other),
    );
    expect(viewer.messages.filter(({ op }) => op === "reset")).toEqual([]);
    if (viewer instanceof TestSocket) expect(viewer.closed).toBeUndefined();
  }
  expect(await stored(stack().gateway, "comments")).toEqual(
    idsOf(viewers[0]?.of("comments", "comment") ?? []),
  );
});

guarantee("NATS is restarted", "state", async () => {
  const viewers = await audienceOf(stack(), "state");
  await setScoreAtLast(stack().gateway, "state", 1);
  await untilScore(stack(), "state", viewers, 1);
  await stack().nats.kill9();
  const code = await tryScore(stack().gateway, "state", 2, "score-2");
  expect(["unavailable", "timeout", "state_unavailable"]).toContain(code);
  await stack().nats.restart();
  await stack().ready();
  await untilScore(stack(), "state", viewers, 1);
  await setScoreAtLast(stack().gatewayAt(1), "state", 2);
  await untilScore(stack(), "state", viewers, 2);
});

guarantee("NATS is restarted", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  // At one gateway only: the other rewrites an unchanged row.
  const goes = await TestSocket.connect(stack().gateway.port);
  await goes.ask("subscribe", { video: "numbers" });
  await untilCount([...viewers, goes], "numbers", 3);
  await stack().nats.kill9();
  await goes.close();
  await stack().nats.restart();
  await untilCount(viewers, "numbers", 2);
  await stack().ready();
  await expectCountRecovers(stack(), "numbers", viewers);
});

guarantee("NATS is restarted", "total", async () => {
  const viewers = await audienceOf(stack(), "totals");
  // It is killed while some are not stored.
  await likesFlow(stack(), "totals", viewers, names("before", 50));
  await stack().nats.kill9();
  await stack().nats.restart();
  await stack().ready();
  for (const viewer of viewers) await untilTotals(viewer, "totals", { like: 50 });
  await likesFlow(stack(), "totals", viewers, names("after", 20));
  for (const viewer of viewers) {
    await untilTotals(viewer, "totals", { like: 70 });
    expectRising(viewer, "totals", "like");
  }
  const late = await watch("json", (await stack().addGateway()).port, "totals");
  await untilTotals(late, "totals", { like: 70 });
});

guarantee("NATS is restarted", "order", async () => {
  const sdk = await sdkPublisher([stack().gatewayAt(1).port], "sdk-order");
  sdk.publish(60);
  await sdk.accepted(5);
  const { ids, answers, publisher } = await sendInARow(stack().gateway.port, "order", "c", 80);
  await stack().nats.kill9();
  sdk.publish(10);
  const accepted = (await answers).flatMap(({ op }, index) => (op === "result" ? ids[index] : []));
  await stack().nats.restart();
  const called = await sdk.end();
  expect(await stored(stack().gateway, "sdk-order")).toEqual(called);
  const kept = ofThese(await stored(stack().gateway, "order"), ids);
  expect(kept).toEqual(ids.slice(0, kept.length));
  expect(kept).toEqual(expect.arrayContaining(accepted));
  await publisher.close();
});

guarantee("NATS is restarted", "vote", async () => {
  const viewers = await audienceOf(stack(), "votes");
  await openPoll(stack().gateway, "votes");
  for (const actor of names("before", 10)) {
    expect(await vote(stack().gateway, "votes", actor, 0)).toBe("counted");
  }
  await stack().nats.kill9();
  expect(["unavailable", "timeout"]).toContain(
    await vote(stack().gateway, "votes", "meanwhile", 1),
  );
  await stack().nats.restart();
  await voteUntilCounted(stack().gatewayAt(1), "votes", "meanwhile", 1);
  // A repeat of one that was acknowledged before.
  await voteUntilCounted(stack().gateway, "votes", "before-1", 0);
  await voteUntilCounted(stack().gateway, "votes", "after", 2);
  await untilTally(viewers, "votes", [10, 1, 1]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([10, 1, 1]);
});
