/** The guarantees when a viewer's connection is lost. */
import { expect } from "vitest";
import { Network } from "../../sdk/support/network.ts";
import { expectContiguous } from "../../support/chain.ts";
import {
  idsOf,
  lose,
  names,
  publish,
  publishUnanswered,
  republish,
  stored,
  untilCount,
  untilShown,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote, voteFields } from "../../support/polls.ts";
import { setScore, untilScore } from "../../support/state-values.ts";
import { untilTotals } from "../../support/totals.ts";
import { TestSocket, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

/** A viewer at each gateway that stays, and one that will be lost. */
async function audience(video: string) {
  const stay = await Promise.all(stack().gateways.map(({ port }) => watch("msgpack", port, video)));
  const lost = await TestSocket.connect(stack().gateway.port);
  await lost.ask("subscribe", { video });
  await stack().mirrored(video, 3);
  return { stay, lost };
}

/** Publishes on the connection and cuts it once everybody but the publisher has the event. */
async function loseUnanswered(
  lost: TestSocket,
  video: string,
  kind: "like" | "comment",
  stay: Awaited<ReturnType<typeof audience>>["stay"],
): Promise<void> {
  const messages = lost.messages.length;
  publishUnanswered(lost, video, kind, "mine");
  for (const viewer of stay) await untilShown(viewer, video, kind, "mine");
  expect(lost.messages).toHaveLength(messages);
  await lose(lost);
}

guarantee("a viewer's connection is lost", "like", async () => {
  const { stay, lost } = await audience("likes");
  await loseUnanswered(lost, "likes", "like", stay);
  await publish(stack().gateway, "likes", "like", ["meanwhile"]);
  const back = await watch("json", stack().gatewayAt(1).port, "likes");
  await republish(stack().gatewayAt(1).port, "likes", "like", "mine");
  await publish(stack().gateway, "likes", "like", ["last"]);
  for (const viewer of stay) {
    const likes = await untilShown(viewer, "likes", "like", "last");
    expect(idsOf(likes)).toEqual(["mine", "meanwhile", "last"]);
  }
  expect(idsOf(await untilShown(back, "likes", "like", "last"))).toEqual(["last"]);
  expect(back.total("likes", "like")).toBe(1);
  await Promise.all([back, ...stay].map((viewer) => viewer.close()));
});

guarantee("a viewer's connection is lost", "comment", async () => {
  const { stay, lost } = await audience("comments");
  const before = names("before", 3);
  const seqs = await publish(stack().gateway, "comments", "comment", before);
  await untilShown(lost, "comments", "comment", "before-3");
  await loseUnanswered(lost, "comments", "comment", stay);
  const meanwhile = names("meanwhile", 5);
  await publish(stack().gatewayAt(1), "comments", "comment", meanwhile);
  const past = { after: seqs[2] ?? 0, epoch: String(lost.subscription["epoch"]) };
  const back = await watch("json", stack().gatewayAt(1).port, "comments", past);
  expect(back.subscription).toMatchObject({ recovered: true });
  const { seq } = await republish(stack().gatewayAt(1).port, "comments", "comment", "mine");
  await publish(stack().gateway, "comments", "comment", ["last"]);
  const missed = await untilShown(back, "comments", "comment", "last");
  expect(idsOf(missed)).toEqual(["mine", ...meanwhile, "last"]);
  expect(missed[0]).toMatchObject({ seq, prev: seqs[2] });
  const all = [...before, "mine", ...meanwhile, "last"];
  for (const viewer of stay) {
    const comments = await untilShown(viewer, "comments", "comment", "last");
    expect(idsOf(comments)).toEqual(all);
    expectContiguous(comments);
    expect(comments.slice(3)).toEqual(missed);
  }
  expect(await stored(stack().gateway, "comments")).toEqual(all);
  await Promise.all([back, ...stay].map((viewer) => viewer.close()));
});

guarantee("a viewer's connection is lost", "state", async () => {
  const { stay, lost } = await audience("state");
  await setScore(stack().gateway, "state", 1);
  await untilScore(stack(), "state", [...stay, lost], 1);
  await lose(lost);
  await setScore(stack().gateway, "state", 2);
  const back = await watch("json", stack().gatewayAt(1).port, "state");
  await untilScore(stack(), "state", [back, ...stay], 2);
  await Promise.all([back, ...stay].map((viewer) => viewer.close()));
});

guarantee("a viewer's connection is lost", "viewers", async () => {
  const { stay, lost } = await audience("numbers");
  await untilCount([...stay, lost], "numbers", 3);
  await lose(lost);
  await untilCount(stay, "numbers", 2);
  const others = await Promise.all(
    names("other", 3).map(() => watch("sse", stack().gateway.port, "numbers")),
  );
  await untilCount([...stay, ...others], "numbers", 5);
  const back = await watch("json", stack().gatewayAt(1).port, "numbers");
  const all = [back, ...stay, ...others];
  await untilCount(all, "numbers", 6);
  await Promise.all(all.map((viewer) => viewer.close()));
});

guarantee("a viewer's connection is lost", "total", async () => {
  const { stay, lost } = await audience("totals");
  await publish(stack().gateway, "totals", "like", names("before", 3));
  await untilTotals(lost, "totals", { like: 3 });
  await lose(lost);
  await publish(stack().gateway, "totals", "like", names("meanwhile", 4));
  await publish(stack().gateway, "totals", "comment", names("comment", 2));
  for (const viewer of stay) await untilTotals(viewer, "totals", { comment: 2, like: 7 });
  const back = await watch("json", stack().gatewayAt(1).port, "totals");
  expect(back.subscription["totals"]).toEqual({ comment: 2, like: 7 });
  await Promise.all([back, ...stay].map((viewer) => viewer.close()));
});

guarantee("a viewer's connection is lost", "order", async () => {
  const viewer = await watch("json", stack().gatewayAt(1).port, "order");
  const { ids, publisher } = await sendInARow(stack().gateway.port, "order", "c", 80);
  await untilShown(viewer, "order", "comment", "c-1");
  await lose(publisher);
  await publish(stack().gatewayAt(1), "order", "comment", ["after"]);
  const network = await Network.start(stack().gateway.port);
  const sdk = await sdkPublisher([Number(new URL(network.url).port)], "sdk-order");
  sdk.publish(40);
  await sdk.accepted(5);
  network.cut();
  sdk.publish(10);
  const called = await sdk.end();
  expect(await stored(stack().gatewayAt(1), "sdk-order")).toEqual(called);
  const kept = ofThese(await stored(stack().gateway, "order"), ids);
  expect(kept).toEqual(ids.slice(0, kept.length));
  await Promise.all([network.stop(), viewer.close()]);
});

guarantee("a viewer's connection is lost", "vote", async () => {
  const { stay, lost } = await audience("votes");
  await openPoll(stack().gateway, "votes");
  const messages = lost.messages.filter(({ id }) => id !== undefined).length;
  lost.socket.pause();
  lost.sendMessage({ op: "publish", id: 1_000, ...voteFields("votes", "mine", 1) });
  await untilTally(stay, "votes", [0, 1, 0]);
  expect(lost.messages.filter(({ id }) => id !== undefined)).toHaveLength(messages);
  await lose(lost);
  expect(await vote(stack().gateway, "votes", "other", 2)).toBe("counted");
  const back = await TestSocket.connect(stack().gatewayAt(1).port);
  await back.ask("subscribe", { video: "votes" });
  const repeated = await back.ask("publish", voteFields("votes", "mine", 1));
  expect(repeated).toMatchObject({ op: "result", eventId: "vote-of-mine" });
  await untilTally([back, ...stay], "votes", [0, 1, 1]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([0, 1, 1]);
  await Promise.all([back, ...stay].map((viewer) => viewer.close()));
});
