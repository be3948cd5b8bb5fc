/** The guarantees while nothing fails. */
import { expect } from "vitest";
import {
  frontendSubject,
  gatewayPublishSubject,
  historySubject,
  votesSubject,
} from "../../../shared/protocol/subjects.ts";
import { BusObserver } from "../../support/bus-observer.ts";
import { expectContiguous } from "../../support/chain.ts";
import {
  idsOf,
  names,
  publish,
  stored,
  untilCount,
  useStack,
  viewerCountOf,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sendInARow } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote, voteFields } from "../../support/polls.ts";
import { requestSubject } from "../../support/request-subject.ts";
import { setScore, untilScore } from "../../support/state-values.ts";
import { untilTotals } from "../../support/totals.ts";
import { post, TEST_WIRES, TestSocket, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

/** A viewer over each wire at each gateway. */
async function everywhere(video: string) {
  const viewers = await Promise.all(
    stack().gateways.flatMap(({ port }) => TEST_WIRES.map((wire) => watch(wire, port, video))),
  );
  await stack().mirrored(video, viewers.length);
  return viewers;
}

/**
 * Publishes one more event. Returns the bus messages up to its answer, and the index among them at
 * which it was first sent to each gateway; -1 if not before the answer.
 */
async function observed(video: string, kind: "like" | "comment", id: string) {
  const observer = await BusObserver.start(stack().nats.url);
  await publish(stack().gateway, video, kind, [id]);
  const brings = (wanted: string) => (seen: { subject: string; text: string }) =>
    seen.subject === wanted && seen.text.includes(id);
  const request = await observer.until(() =>
    observer.seen.find(brings(requestSubject(gatewayPublishSubject, video))),
  );
  await observer.until(() => observer.on(request.reply).length === 1);
  const subjects = observer.seen.map(({ subject }) => subject);
  await observer.stop();
  const between = observer.seen.slice(0, subjects.indexOf(request.reply));
  const sentOn = stack().gateways.map((gateway) =>
    between.findIndex(brings(frontendSubject(gateway.id, video))),
  );
  return { between, sentOn };
}

/** Publishes on a connection to each gateway at once; returns the answers. */
async function fromEverywhere(video: string, kind: "like" | "comment", each: number) {
  const ids: string[] = [];
  const answers = await Promise.all(
    stack().gateways.map(async ({ port }, at) => {
      const publisher = await TestSocket.connect(port);
      const own = names(`${kind}-${at}`, each);
      ids.push(...own);
      const got = await Promise.all(
        own.map((eventId) => publisher.ask("publish", { video, kind, eventId })),
      );
      await publisher.close();
      return got;
    }),
  );
  return { ids, answers: answers.flat() };
}

guarantee("nothing", "like", async () => {
  const viewers = await everywhere("likes");
  const { ids, answers } = await fromEverywhere("likes", "like", 40);
  expect(answers.map(({ op, eventId }) => [op, eventId])).toEqual(ids.map((id) => ["result", id]));
  const { sentOn } = await observed("likes", "like", "one-more");
  for (const at of sentOn) expect(at).toBeGreaterThan(-1);
  for (const viewer of viewers) {
    await viewer.until(() => viewer.total("likes", "like") > ids.length);
    expect(idsOf(viewer.of("likes", "like")).sort()).toEqual([...ids, "one-more"].sort());
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("nothing", "comment", async () => {
  const viewers = await everywhere("comments");
  const { ids, answers } = await fromEverywhere("comments", "comment", 40);
  const { between, sentOn } = await observed("comments", "comment", "one-more");
  // The store's own acknowledgement; an attempt that lost a race got a different answer before.
  const store = between.findLast(({ subject }) => subject === historySubject("comments"));
  const confirmed = between.findIndex(({ subject }) => subject === store?.reply);
  expect(between[confirmed]?.text).toMatch(/"stream":"ov_history".*"seq":\d+/);
  for (const at of sentOn) expect(at).toBeGreaterThan(confirmed);
  const seqById = new Map(answers.map(({ eventId, seq }) => [eventId, seq]));
  for (const viewer of viewers) {
    await viewer.until(() => viewer.of("comments", "comment").length > ids.length);
    const comments = viewer.of("comments", "comment");
    expect(idsOf(comments).sort()).toEqual([...ids, "one-more"].sort());
    expectContiguous(comments);
    for (const { id, seq } of comments.slice(0, -1)) expect(seq).toBe(seqById.get(id));
    expect(idsOf(comments)).toEqual(idsOf(viewers[0]?.of("comments", "comment") ?? []));
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("nothing", "state", async () => {
  await setScore(stack().gateway, "state", 1);
  await untilScore(stack(), "state", [], 1);
  const viewers = await everywhere("state");
  await setScore(stack().gatewayAt(1), "state", 2);
  await untilScore(stack(), "state", viewers, 2);
  await setScore(stack().gateway, "state", null);
  await untilScore(stack(), "state", viewers, undefined);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("nothing", "viewers", async () => {
  const viewers = await everywhere("numbers");
  await untilCount(viewers, "numbers", viewers.length);
  for (const wire of TEST_WIRES) {
    const newcomer = await watch(wire, stack().gatewayAt(1).port, "numbers");
    const answered = newcomer.messages.indexOf(newcomer.subscription);
    await newcomer.until(() => newcomer.messages.length > answered + 1);
    expect(newcomer.messages[answered + 1]).toMatchObject({ events: [{ kind: "viewers" }] });
    expect(viewerCountOf(newcomer, "numbers")).toBeGreaterThanOrEqual(viewers.length);
    viewers.push(newcomer);
    await untilCount(viewers, "numbers", viewers.length);
  }
  await viewers.pop()?.close();
  await untilCount(viewers, "numbers", viewers.length);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("nothing", "total", async () => {
  const viewers = await everywhere("totals");
  await fromEverywhere("totals", "like", 20);
  const { ids } = await fromEverywhere("totals", "comment", 5);
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/totals/events/${ids[0]}`;
  expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
  const totals = { comment: 9, like: 40 };
  for (const viewer of viewers) await untilTotals(viewer, "totals", totals);
  for (const { port } of stack().gateways) {
    const late = await watch("json", port, "totals");
    expect(late.subscription["totals"]).toEqual(totals);
    await untilTotals(late, "totals", totals);
    await late.close();
  }
  for (const viewer of viewers) {
    const sent = viewer.of("totals", "totals").map(({ data }) => JSON.stringify(data));
    expect(new Set(sent).size).toBe(sent.length);
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("nothing", "order", async () => {
  const rows = await Promise.all(
    [0, 1, 0].map((at, index) =>
      sendInARow(stack().gatewayAt(at).port, "order", `row-${index}`, 60),
    ),
  );
  const list = names("list", 300);
  const [posted, ...answers] = await Promise.all([
    post(
      stack().gateway.port,
      "order",
      list.map((id) => ({ kind: "comment", id })),
    ),
    ...rows.map((row) => row.answers),
  ]);
  expect(posted).toMatchObject({ status: 200, body: { accepted: list } });
  const kept = await stored(stack().gatewayAt(1), "order");
  expect(ofThese(kept, list)).toEqual(list);
  for (const [index, { ids, publisher }] of rows.entries()) {
    expect(answers[index]?.map(({ op }) => op)).toEqual(ids.map(() => "result"));
    expect(ofThese(kept, ids)).toEqual(ids);
    await publisher.close();
  }
});

guarantee("nothing", "vote", async () => {
  const viewers = await everywhere("votes");
  await openPoll(stack().gateway, "votes");
  const actors = names("actor", 30);
  const twice = await Promise.all(
    actors.map((actor, index) =>
      Promise.all(
        [0, 1].map((at) =>
          vote(stack().gatewayAt(at), "votes", actor, index % 3, `${actor}-${at}`),
        ),
      ),
    ),
  );
  for (const outcomes of twice) expect(outcomes.sort()).toEqual(["already_voted", "counted"]);
  const publisher = await TestSocket.connect(stack().gateway.port);
  const observer = await BusObserver.start(stack().nats.url);
  expect(await publisher.ask("publish", voteFields("votes", "ada", 2))).toMatchObject({
    op: "result",
    eventId: "vote-of-ada",
  });
  await observer.until(() => observer.on(votesSubject("votes.mvp")).length > 0);
  await untilTally(viewers, "votes", [10, 10, 11]);
  const newcomer = await watch("json", stack().gatewayAt(1).port, "votes");
  expect(newcomer.subscription).toMatchObject({
    state: { polls: { mvp: { votes: [10, 10, 11] } } },
  });
  await untilTally([newcomer], "votes", [10, 10, 11]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([10, 10, 11]);
  await observer.stop();
  await Promise.all([publisher, newcomer, ...viewers].map((one) => one.close()));
});
