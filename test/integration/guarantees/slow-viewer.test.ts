/** The guarantees when a viewer reads too slowly. */
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import {
  idsOf,
  names,
  publish,
  untilCount,
  untilReset,
  untilShown,
  useStack,
  viewerCountOf,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { sendInARow } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, shownPoll, untilTally, vote, voteFields } from "../../support/polls.ts";
import { metric } from "../../support/stack.ts";
import { scoreOf, setScore, untilScore } from "../../support/state-values.ts";
import { totalsOf, untilTotals } from "../../support/totals.ts";
import { post, TestSocket, watch } from "../../support/viewer.ts";

const HISTORY_EVENTS = 200;
const SETTINGS = { historyEvents: HISTORY_EVENTS };
const stack = useStack({ gateway: SETTINGS, dispatcher: SETTINGS });
const TEXT = "x".repeat(2_000);
const LIKES_AT_ONCE = 100;

type Viewer = Awaited<ReturnType<typeof watch>>;

async function slowAndQuick(video: string): Promise<{ slow: Viewer; quick: Viewer }> {
  const slow = await watch("json", stack().gateway.port, video);
  const quick = await watch("sse", stack().gateway.port, video);
  await stack().mirrored(video, 2);
  return { slow, quick };
}

const sourceOf = (viewer: Viewer) =>
  viewer instanceof TestSocket ? viewer.socket : viewer.response;

/**
 * Stops a viewer from reading, and publishes likes until it misses some: by then the kernel's buffers
 * are full. The other viewer gets them all meanwhile. Returns how many.
 */
async function stallUntilDropped(video: string, slow: Viewer, quick: Viewer): Promise<number> {
  const dropped = () => metric(stack().gateway, "ovation_gateway_events_dropped_total");
  const before = await dropped();
  const had = quick.total(video, "like");
  let published = 0;
  sourceOf(slow).pause();
  while ((await dropped()) === before) {
    const batch = Array.from({ length: LIKES_AT_ONCE }, () => ({ kind: "like", data: TEXT }));
    expect((await post(stack().gateway.port, video, batch)).status).toBe(200);
    published += LIKES_AT_ONCE;
    await quick.until(() => quick.total(video, "like") === had + published);
  }
  return published;
}

guarantee("a viewer reads too slowly", "like", async () => {
  const { slow, quick } = await slowAndQuick("likes");
  const published = await stallUntilDropped("likes", slow, quick);
  expect(slow.total("likes", "like")).toBeLessThan(published);
  sourceOf(slow).resume();
  await slow.until(() => slow.total("likes", "like") >= published);
  await publish(stack().gateway, "likes", "like", ["last"]);
  await untilShown(slow, "likes", "like", "last");
  expect(slow.total("likes", "like")).toBe(published + 1);
  expect(slow.of("likes", "like").length).toBeLessThan(published + 1);
  await Promise.all([slow.close(), quick.close()]);
});

guarantee("a viewer reads too slowly", "comment", async () => {
  const { slow, quick } = await slowAndQuick("comments");
  await stallUntilDropped("comments", slow, quick);
  const kept = names("kept", HISTORY_EVENTS / 2);
  await publish(stack().gateway, "comments", "comment", kept);
  await untilShown(quick, "comments", "comment", kept.at(-1) ?? "");
  expect(slow.of("comments", "comment")).toEqual([]);
  sourceOf(slow).resume();
  await untilShown(slow, "comments", "comment", kept.at(-1) ?? "");
  expect(idsOf(slow.of("comments", "comment"))).toEqual(kept);
  expect(slow.messages.filter(({ op }) => op === "reset")).toEqual([]);

  await stallUntilDropped("comments", slow, quick);
  const more = names("more", 2 * HISTORY_EVENTS);
  const seqs = await publish(stack().gateway, "comments", "comment", more);
  await untilShown(quick, "comments", "comment", more.at(-1) ?? "");
  sourceOf(slow).resume();
  const { epoch, seq } = slow.subscription;
  expect(await untilReset(slow)).toMatchObject({ video: "comments", epoch, seq: seqs.at(-1) });
  expect(Number(seq)).toBeLessThan(seqs[0] ?? 0);
  await publish(stack().gateway, "comments", "comment", ["last"]);
  const comments = await untilShown(slow, "comments", "comment", "last");
  expect(idsOf(comments)).toEqual([...kept, "last"]);
  expectContiguous(comments.slice(0, -1));
  expect(comments.at(-1)?.prev).toBe(seqs.at(-1));
  const all = await untilShown(quick, "comments", "comment", "last");
  expect(idsOf(all)).toEqual([...kept, ...more, "last"]);
  expectContiguous(all);
  await Promise.all([slow.close(), quick.close()]);
});

guarantee("a viewer reads too slowly", "state", async () => {
  const { slow, quick } = await slowAndQuick("state");
  await setScore(stack().gateway, "state", 1);
  await untilScore(stack(), "state", [slow, quick], 1);
  await stallUntilDropped("state", slow, quick);
  for (const score of [2, 3, 4]) await setScore(stack().gateway, "state", score);
  await untilScore(stack(), "state", [quick], 4);
  expect(scoreOf(slow, "state")).toBe(1);
  sourceOf(slow).resume();
  await untilScore(stack(), "state", [slow], 4);
  await Promise.all([slow, quick].map((viewer) => viewer.close()));
});

guarantee("a viewer reads too slowly", "viewers", async () => {
  const { slow, quick } = await slowAndQuick("numbers");
  await untilCount([slow, quick], "numbers", 2);
  await stallUntilDropped("numbers", slow, quick);
  const newcomers = await Promise.all(
    [1, 2, 3].map(() => watch("msgpack", stack().gateway.port, "numbers")),
  );
  await untilCount([quick, ...newcomers], "numbers", 5);
  expect(viewerCountOf(slow, "numbers")).toBe(2);
  sourceOf(slow).resume();
  await untilCount([slow], "numbers", 5);
  await Promise.all([slow, quick, ...newcomers].map((viewer) => viewer.close()));
});

guarantee("a viewer reads too slowly", "total", async () => {
  const { slow, quick } = await slowAndQuick("totals");
  const published = await stallUntilDropped("totals", slow, quick);
  await untilTotals(quick, "totals", { like: published });
  expect(totalsOf(slow, "totals")?.["like"] ?? 0).toBeLessThan(published);
  sourceOf(slow).resume();
  await untilTotals(slow, "totals", { like: published });
  await Promise.all([slow.close(), quick.close()]);
});

guarantee("a viewer reads too slowly", "order", async () => {
  const viewer = await watch("sse", stack().gateway.port, "order");
  const { ids, answers, publisher } = await sendInARow(stack().gateway.port, "order", "c", 60);
  publisher.socket.pause();
  await viewer.until(() => viewer.of("order", "comment").length === ids.length);
  expect(idsOf(viewer.of("order", "comment"))).toEqual(ids);
  publisher.socket.resume();
  expect((await answers).map(({ op }) => op)).toEqual(ids.map(() => "result"));
  await Promise.all([publisher.close(), viewer.close()]);
});

guarantee("a viewer reads too slowly", "vote", async () => {
  const { slow, quick } = await slowAndQuick("votes");
  await openPoll(stack().gateway, "votes");
  if (slow instanceof TestSocket)
    slow.sendMessage({ op: "publish", id: 100, ...voteFields("votes", "slow", 2) });
  await stallUntilDropped("votes", slow, quick);
  for (const actor of names("actor", 9))
    expect(await vote(stack().gateway, "votes", actor, 0)).toBe("counted");
  await untilTally([quick], "votes", [9, 0, 1]);
  expect(shownPoll(slow, "votes")?.total ?? 0).toBeLessThan(10);
  sourceOf(slow).resume();
  await untilTally([slow], "votes", [9, 0, 1]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([9, 0, 1]);
  await Promise.all([slow.close(), quick.close()]);
});
