/** The guarantees when NATS comes back with an empty store. */
import { expect } from "vitest";
import {
  audienceOf,
  commentsFlow,
  expectCountRecovers,
  likesFlow,
} from "../../support/failing-nats.ts";
import { names, stored, untilCount, untilReset, useStack } from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { sdkPublisher } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote } from "../../support/polls.ts";
import { setScore, setScoreAtLast, untilScore } from "../../support/state-values.ts";
import { expectRising, totalsOf, untilTotals } from "../../support/totals.ts";
import { watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

guarantee("NATS loses its store", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

guarantee("NATS loses its store", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  const seqs = await commentsFlow(stack(), "comments", viewers, names("before", 5));
  const known = viewers.map((viewer) => String(viewer.subscription["epoch"]));
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  for (const [index, viewer] of viewers.entries()) {
    const reset = await untilReset(viewer);
    expect(reset).toMatchObject({ video: "comments", epoch: expect.any(String) });
    expect(reset["epoch"]).not.toBe(known[index]);
  }
  const after = names("after", 5);
  const newSeqs = await commentsFlow(stack(), "comments", viewers, after);
  expect(Math.min(...newSeqs)).toBeGreaterThan(Math.max(...seqs));
  expect(await stored(stack().gateway, "comments")).toEqual(after);
  const past = { after: seqs[2] ?? 0, epoch: String(known[0]) };
  const back = await watch("json", stack().gatewayAt(1).port, "comments", past);
  expect(back.subscription).toMatchObject({ recovered: false, oldest: newSeqs[0] });
});

guarantee("NATS loses its store", "state", async () => {
  const viewers = await audienceOf(stack(), "state");
  await setScore(stack().gateway, "state", 1);
  await untilScore(stack(), "state", viewers, 1);
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await untilScore(stack(), "state", viewers, undefined);
  await setScoreAtLast(stack().gateway, "state", 2);
  await untilScore(stack(), "state", viewers, 2);
});

guarantee("NATS loses its store", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  await untilCount(viewers, "numbers", 2);
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await expectCountRecovers(stack(), "numbers", viewers);
});

guarantee("NATS loses its store", "total", async () => {
  const viewers = await audienceOf(stack(), "totals");
  await likesFlow(stack(), "totals", viewers, names("before", 10));
  await commentsFlow(stack(), "totals", viewers, names("comment", 3));
  for (const viewer of viewers) await untilTotals(viewer, "totals", { comment: 3, like: 10 });
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  let published = 10;
  const shown = () => viewers.map((viewer) => totalsOf(viewer, "totals")?.["like"] ?? 0);
  // Each dispatcher knows what was stored when it last wrote.
  while (Math.min(...shown()) <= 10) {
    published += 1;
    await likesFlow(stack(), "totals", viewers, [`after-${published}`]);
  }
  expect(Math.max(...shown())).toBeLessThanOrEqual(published);
  for (const viewer of viewers) expectRising(viewer, "totals", "like");
  const late = await watch("json", (await stack().addGateway()).port, "totals");
  const lateHas = (kind: string) => totalsOf(late, "totals")?.[kind] ?? 0;
  // The dispatcher that stored the last comment, or the last like, may have been the other one.
  while (lateHas("comment") !== 3 || lateHas("like") <= 10) {
    published += 1;
    await likesFlow(stack(), "totals", viewers, [`after-${published}`]);
  }
  expect(lateHas("like")).toBeLessThanOrEqual(published);
});

guarantee("NATS loses its store", "order", async () => {
  const sdk = await sdkPublisher([stack().gateway.port], "sdk-order");
  sdk.publish(20);
  await sdk.accepted(20);
  await stack().nats.restart({ wipe: true });
  sdk.publish(30);
  const called = await sdk.end();
  expect(await stored(stack().gatewayAt(1), "sdk-order")).toEqual(called.slice(20));
});

guarantee("NATS loses its store", "vote", async () => {
  const viewers = await audienceOf(stack(), "votes");
  await openPoll(stack().gateway, "votes");
  expect(await vote(stack().gateway, "votes", "ada", 0)).toBe("counted");
  await untilTally(viewers, "votes", [1, 0, 0]);
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await expect.poll(() => vote(stack().gateway, "votes", "bo", 0)).toBe("poll_unknown");
  await openPoll(stack().gateway, "votes");
  expect(await vote(stack().gatewayAt(1), "votes", "ada", 2, "again")).toBe("counted");
  await untilTally(viewers, "votes", [0, 0, 1]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([0, 0, 1]);
});
