/**
 * The guarantees when NATS loses its newest writes, as in a power cut before they reached the disk:
 * an older copy replaces the store.
 */
import { cp, rm } from "node:fs/promises";
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import {
  audienceOf,
  commentsFlow,
  expectCountRecovers,
  likesFlow,
} from "../../support/failing-nats.ts";
import {
  idsOf,
  names,
  stored,
  untilCount,
  untilReset,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { sdkPublisher } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote, voteUntilCounted } from "../../support/polls.ts";
import { setScore, setScoreAtLast, untilScore } from "../../support/state-values.ts";
import { expectRising, totalsOf, untilTotals } from "../../support/totals.ts";
import { watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

/** Runs `work`, then discards what NATS wrote meanwhile. */
async function losingWritesOf(work: () => Promise<void>): Promise<void> {
  const { nats } = stack();
  const copy = `${nats.storeDir}-copy`;
  await nats.kill9();
  await cp(nats.storeDir, copy, { recursive: true });
  await nats.restart();
  await stack().ready();
  await work();
  await nats.kill9();
  await rm(`${nats.storeDir}/jetstream`, { recursive: true, force: true });
  await cp(`${copy}/jetstream`, `${nats.storeDir}/jetstream`, { recursive: true });
  await rm(copy, { recursive: true });
  await nats.restart();
  await stack().ready();
}

guarantee("NATS loses its newest writes", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await losingWritesOf(() => likesFlow(stack(), "likes", viewers, names("meanwhile", 3)));
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

guarantee("NATS loses its newest writes", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  const kept = await commentsFlow(stack(), "comments", viewers, names("kept", 5));
  const lost: number[] = [];
  await losingWritesOf(async () => {
    lost.push(...(await commentsFlow(stack(), "comments", viewers, names("lost", 3))));
  });
  for (const viewer of viewers) {
    const reset = await untilReset(viewer);
    expect(reset).toMatchObject({ video: "comments", seq: kept.at(-1) });
  }
  expect(await stored(stack().gateway, "comments")).toEqual(names("kept", 5));
  const after = await commentsFlow(stack(), "comments", viewers, names("after", 5));
  expect(Math.min(...after)).toBeGreaterThan(Math.max(...lost));
  const epoch = String(viewers[0]?.subscription["epoch"]);
  // A gateway that saw all of it, and one that knows only the store.
  for (const { port } of [stack().gateway, await stack().addGateway()]) {
    const lostPosition = { after: lost[1] ?? 0, epoch };
    const unrecovered = await watch("json", port, "comments", lostPosition);
    expect(unrecovered.subscription).toMatchObject({ recovered: false, oldest: kept[0] });
    const keptPosition = { after: kept[1] ?? 0, epoch };
    const back = await watch("json", port, "comments", keptPosition);
    expect(back.subscription).toMatchObject({ recovered: true });
    await back.until(() => back.of("comments", "comment").length === 8);
    const missed = [...names("kept", 5).slice(2), ...names("after", 5)];
    expect(idsOf(back.of("comments", "comment"))).toEqual(missed);
    expectContiguous(back.of("comments", "comment"));
  }
});

guarantee("NATS loses its newest writes", "state", async () => {
  const viewers = await audienceOf(stack(), "state");
  await setScore(stack().gateway, "state", 1);
  await untilScore(stack(), "state", viewers, 1);
  await losingWritesOf(async () => {
    await setScoreAtLast(stack().gateway, "state", 2);
    await untilScore(stack(), "state", viewers, 2);
  });
  await untilScore(stack(), "state", viewers, 1);
  await setScoreAtLast(stack().gateway, "state", 3);
  await untilScore(stack(), "state", viewers, 3);
});

guarantee("NATS loses its newest writes", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  await untilCount(viewers, "numbers", viewers.length);
  await losingWritesOf(async () => undefined);
  await expectCountRecovers(stack(), "numbers", viewers);
});

guarantee("NATS loses its newest writes", "total", async () => {
  const viewers = await audienceOf(stack(), "totals");
  await likesFlow(stack(), "totals", viewers, names("kept", 10));
  await commentsFlow(stack(), "totals", viewers, names("comment", 3));
  for (const viewer of viewers) await untilTotals(viewer, "totals", { comment: 3, like: 10 });
  await losingWritesOf(async () => {
    await likesFlow(stack(), "totals", viewers, names("lost", 10));
    await commentsFlow(stack(), "totals", viewers, names("gone", 2));
    for (const viewer of viewers) await untilTotals(viewer, "totals", { comment: 5, like: 20 });
  });
  let published = 20;
  const shown = () => viewers.map((viewer) => totalsOf(viewer, "totals")?.["like"] ?? 0);
  // Each dispatcher knows what was stored when it last wrote.
  while (Math.min(...shown()) <= 20) {
    published += 1;
    await likesFlow(stack(), "totals", viewers, [`after-${published}`]);
  }
  expect(Math.max(...shown())).toBeLessThanOrEqual(published);
  await commentsFlow(stack(), "totals", viewers, names("new", 1));
  for (const viewer of viewers) {
    await viewer.until(() => totalsOf(viewer, "totals")?.["comment"] === 4);
    expectRising(viewer, "totals", "like");
  }
});

guarantee("NATS loses its newest writes", "order", async () => {
  const sdk = await sdkPublisher([stack().gateway.port], "sdk-order");
  sdk.publish(10);
  await sdk.accepted(10);
  await losingWritesOf(async () => {
    sdk.publish(5);
    await sdk.accepted(15);
  });
  sdk.publish(10);
  const called = await sdk.end();
  const kept = [...called.slice(0, 10), ...called.slice(15)];
  expect(await stored(stack().gatewayAt(1), "sdk-order")).toEqual(kept);
});

guarantee("NATS loses its newest writes", "vote", async () => {
  const viewers = await audienceOf(stack(), "votes");
  await openPoll(stack().gateway, "votes");
  expect(await vote(stack().gateway, "votes", "kept", 0)).toBe("counted");
  await losingWritesOf(async () => {
    await voteUntilCounted(stack().gateway, "votes", "lost", 1);
    await untilTally(viewers, "votes", [1, 1, 0]);
  });
  await voteUntilCounted(stack().gatewayAt(1), "votes", "after", 2);
  await untilTally(viewers, "votes", [1, 0, 1]);
  expect(await vote(stack().gateway, "votes", "kept", 2, "another")).toBe("already_voted");
  expect(await vote(stack().gateway, "votes", "lost", 2, "another")).toBe("counted");
  expect(await endPoll(stack().gateway, "votes")).toEqual([1, 0, 2]);
});
