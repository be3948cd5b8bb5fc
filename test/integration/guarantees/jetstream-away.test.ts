/** The guarantees while NATS runs but stores nothing. */
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import { eventually } from "../../support/eventually.ts";
import {
  audienceOf,
  commentsFlow,
  expectCountRecovers,
  likesFlow,
  publishUntilAccepted,
} from "../../support/failing-nats.ts";
import {
  idsOf,
  LEASE_MS,
  names,
  publish,
  stored,
  untilCount,
  useStack,
  viewerCountOf,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote, voteUntilCounted } from "../../support/polls.ts";
import { metric } from "../../support/stack.ts";
import { scoreOf, setScoreAtLast, tryScore, untilScore } from "../../support/state-values.ts";
import { expectRising, totalsOf, untilTotals } from "../../support/totals.ts";
import { post, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2, dispatcher: { storeTimeoutMs: 300 } });

/** Runs `work` without JetStream, then restores it. */
async function withoutJetStream(work: () => Promise<void>): Promise<void> {
  const { nats, gateways, dispatchers } = stack();
  await nats.restart({ jetStream: false });
  for (const node of [...gateways, ...dispatchers]) {
    await eventually(async () => (await metric(node, "ovation_bus_connected")) === 1);
  }
  try {
    await work();
  } finally {
    await nats.restart();
  }
  await stack().ready();
}

guarantee("JetStream can't be reached", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await withoutJetStream(async () => {
    await likesFlow(stack(), "likes", viewers, names("meanwhile", 20));
    // Nobody watched this one before: its rows can't be written.
    const newcomers = await Promise.all(
      stack().gateways.map(({ port }) => watch("msgpack", port, "new")),
    );
    await likesFlow(stack(), "new", newcomers, names("new", 20));
    for (const newcomer of newcomers) await newcomer.close();
  });
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

guarantee("JetStream can't be reached", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  await commentsFlow(stack(), "comments", viewers, names("before", 5));
  const refused = names("refused", 200);
  await withoutJetStream(async () => {
    const answers = await Promise.all(
      refused.map((id) => post(stack().gateway.port, "comments", { kind: "comment", id })),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ error: { code: "history_unavailable" } });
    }
    for (const dispatcher of stack().dispatchers) {
      expect(await metric(dispatcher, "ovation_dispatcher_history_waiting_events")).toBe(0);
    }
    await publish(stack().gateway, "comments", "like", ["like"]);
  });
  const { seq } = await publishUntilAccepted(stack(), "comments", "comment", "refused-1");
  expect((await publishUntilAccepted(stack(), "comments", "comment", "refused-1")).seq).toBe(seq);
  const after = names("after", 3);
  await commentsFlow(stack(), "comments", viewers, after);
  const all = [...names("before", 5), "refused-1", ...after];
  for (const viewer of viewers) {
    expect(idsOf(viewer.of("comments", "comment"))).toEqual(all);
    expectContiguous(viewer.of("comments", "comment"));
    expect(viewer.messages.filter(({ op }) => op === "reset")).toEqual([]);
  }
  expect(await stored(stack().gateway, "comments")).toEqual(all);
});

guarantee("JetStream can't be reached", "state", async () => {
  const viewers = await audienceOf(stack(), "state");
  await setScoreAtLast(stack().gateway, "state", 1);
  await untilScore(stack(), "state", viewers, 1);
  await withoutJetStream(async () => {
    expect(await tryScore(stack().gateway, "state", 2)).toBe("state_unavailable");
    await likesFlow(stack(), "state", viewers, ["meanwhile"]);
    for (const viewer of viewers) expect(scoreOf(viewer, "state")).toBe(1);
  });
  await setScoreAtLast(stack().gateway, "state", 3);
  await untilScore(stack(), "state", viewers, 3);
});

guarantee("JetStream can't be reached", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  await untilCount(viewers, "numbers", 2);
  const before = viewers.map((viewer) => viewer.of("numbers", "viewers").length);
  await withoutJetStream(async () => {
    // No gateway can renew its lease; none is declared dead and subtracted for that.
    for (const dispatcher of stack().dispatchers) {
      const silentMs = async () =>
        1_000 * (await metric(dispatcher, "ovation_dispatcher_lease_oldest_age_seconds"));
      await eventually(async () => (await silentMs()) > 1.5 * LEASE_MS);
    }
    await likesFlow(stack(), "numbers", viewers, ["meanwhile"]);
    for (const [index, viewer] of viewers.entries()) {
      const received = viewer.of("numbers", "viewers").slice(before[index]);
      expect(received.filter(({ data }) => (data as { viewers: number }).viewers !== 2)).toEqual(
        [],
      );
      expect(viewerCountOf(viewer, "numbers")).toBe(2);
    }
  });
  await expectCountRecovers(stack(), "numbers", viewers);
});

guarantee("JetStream can't be reached", "total", async () => {
  const viewers = await audienceOf(stack(), "totals");
  await likesFlow(stack(), "totals", viewers, names("before", 10));
  for (const viewer of viewers) await untilTotals(viewer, "totals", { like: 10 });
  const untilWaiting = (videos: number) =>
    eventually(async () => {
      const waiting = stack().dispatchers.map((node) =>
        metric(node, "ovation_dispatcher_totals_waiting_videos"),
      );
      // Two of the dispatchers serve the video.
      return Math.max(...(await Promise.all(waiting))) === videos;
    });
  // Those of other videos are stored too.
  await untilWaiting(0);
  await withoutJetStream(async () => {
    await likesFlow(stack(), "totals", viewers, names("meanwhile", 40));
    for (const viewer of viewers) expect(totalsOf(viewer, "totals")).toEqual({ like: 10 });
    await untilWaiting(1);
  });
  for (const viewer of viewers) {
    await untilTotals(viewer, "totals", { like: 50 });
    expectRising(viewer, "totals", "like");
  }
});

guarantee("JetStream can't be reached", "order", async () => {
  const sdk = await sdkPublisher([stack().gatewayAt(1).port], "sdk-order");
  sdk.publish(10);
  await sdk.accepted(10);
  let refused: readonly string[] = [];
  await withoutJetStream(async () => {
    sdk.publish(20);
    const { ids, answers, publisher } = await sendInARow(stack().gateway.port, "order", "c", 30);
    const codes = (await answers).map((answer) => answer["code"]);
    expect(codes[0]).toBe("history_unavailable");
    expect(new Set(codes)).toEqual(new Set(["history_unavailable", "predecessor_failed"]));
    refused = ids;
    await publisher.close();
  });
  const called = await sdk.end();
  expect(await stored(stack().gateway, "sdk-order")).toEqual(called);
  // A refused comment may still be stored, but nothing after one that was not.
  const kept = ofThese(await stored(stack().gateway, "order"), refused);
  expect(kept).toEqual(refused.slice(0, kept.length));
});

guarantee("JetStream can't be reached", "vote", async () => {
  const viewers = await audienceOf(stack(), "votes");
  await openPoll(stack().gateway, "votes");
  await voteUntilCounted(stack().gateway, "votes", "before", 0);
  const refused = names("refused", 50);
  await withoutJetStream(async () => {
    const outcomes = await Promise.all(
      refused.map((actor, index) => vote(stack().gatewayAt(index), "votes", actor, 1)),
    );
    expect(new Set(outcomes)).toEqual(new Set(["votes_unavailable"]));
    for (const dispatcher of stack().dispatchers) {
      expect(await metric(dispatcher, "ovation_dispatcher_votes_waiting")).toBe(0);
    }
  });
  for (const actor of refused) await voteUntilCounted(stack().gateway, "votes", actor, 1);
  await untilTally(viewers, "votes", [1, 50, 0]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([1, 50, 0]);
});
