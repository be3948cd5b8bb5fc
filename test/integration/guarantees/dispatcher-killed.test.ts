/** The guarantees when a dispatcher is killed. */
import { expect } from "vitest";
import { countSubject, gatewayPublishSubject } from "../../../shared/protocol/subjects.ts";
import { BusObserver } from "../../support/bus-observer.ts";
import { expectContiguous, SilentDispatcher } from "../../support/chain.ts";
import {
  idsOf,
  knowsRows,
  names,
  publish,
  republish,
  stored,
  untilCount,
  untilShown,
  useProcesses,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { openPoll, shownPoll, voteFields, voteUntilCounted } from "../../support/polls.ts";
import { requestSubject } from "../../support/request-subject.ts";
import { setScoreAtLast, tryScore, untilScore } from "../../support/state-values.ts";
import { expectRising, untilTotals } from "../../support/totals.ts";
import { type Received, TestSocket, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, gateway: { requestTimeoutMs: 1_000 } });
const spawned = useProcesses(stack);
const EVENTS = 40;

/** A viewer at each gateway, known to both dispatchers: the stack's, and the one to be killed. */
async function withVictim(video: string) {
  const viewers = await Promise.all(
    stack().gateways.map(({ port }) => watch("msgpack", port, video)),
  );
  const victim = await spawned("dispatcher");
  await stack().mirrored(video, viewers.length);
  await knowsRows(victim, viewers.length);
  return { viewers, victim };
}

/**
 * Publishes events and kills a dispatcher that has some of them in flight. Returns the answers by id.
 */
async function publishThroughKill(
  video: string,
  kind: "like" | "comment",
  victim: Awaited<ReturnType<typeof withVictim>>["victim"],
): Promise<Map<string, Received>> {
  const observer = await BusObserver.start(stack().nats.url);
  const publishers = await Promise.all(
    names(kind, EVENTS).map(() => TestSocket.connect(stack().gateway.port)),
  );
  // NATS keeps sending it its share, which it ignores.
  victim.child.kill("SIGSTOP");
  const requests: Promise<readonly [string, Received]>[] = [];
  for (const [index, eventId] of names(kind, EVENTS).entries()) {
    const answer = publishers[index]?.ask("publish", { video, kind, eventId });
    if (answer !== undefined)
      requests.push(answer.then((received) => [eventId, received] as const));
    // Each in a request of its own: likes that arrive together would be batched, and so would
    // comments of one connection.
    await observer.requests(requestSubject(gatewayPublishSubject, video), requests.length);
  }
  await victim.kill9();
  const answers = new Map(await Promise.all(requests));
  await Promise.all([observer.stop(), ...publishers.map((publisher) => publisher.close())]);
  return answers;
}

function acceptedAndNot(answers: ReadonlyMap<string, Received>) {
  const accepted: string[] = [];
  const refused: string[] = [];
  for (const [id, answer] of answers) {
    if (answer.op === "result") accepted.push(id);
    else {
      expect(answer["code"]).toBe("timeout");
      refused.push(id);
    }
  }
  expect(accepted).not.toEqual([]);
  expect(refused).not.toEqual([]);
  return { accepted, refused };
}

guarantee("a dispatcher is killed", "like", async () => {
  const { viewers, victim } = await withVictim("likes");
  const answers = await publishThroughKill("likes", "like", victim);
  const { accepted } = acceptedAndNot(answers);
  await publish(stack().gateway, "likes", "like", ["last"]);
  for (const viewer of viewers) {
    const likes = await untilShown(viewer, "likes", "like", "last");
    expect(idsOf(likes).sort()).toEqual([...accepted, "last"].sort());
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "comment", async () => {
  const { viewers, victim } = await withVictim("comments");
  const answers = await publishThroughKill("comments", "comment", victim);
  const { accepted, refused } = acceptedAndNot(answers);
  const seqById = new Map(accepted.map((id) => [id, answers.get(id)?.["seq"]]));
  for (const id of refused) {
    const { seq } = await republish(stack().gatewayAt(1).port, "comments", "comment", id);
    seqById.set(id, seq);
  }
  // Another one dies after it has stored a comment, before it sends it to anyone.
  const silent = await SilentDispatcher.start(stack().nats.url);
  const silentSeq = await silent.store("comments", "unsent");
  await silent.stop();
  const { seq } = await republish(stack().gateway.port, "comments", "comment", "unsent");
  expect(seq).toBe(silentSeq);
  seqById.set("unsent", seq);
  const all = [...accepted, ...refused, "unsent"];
  for (const viewer of viewers) {
    const comments = await untilShown(viewer, "comments", "comment", "unsent");
    expect(idsOf(comments).sort()).toEqual([...all].sort());
    expectContiguous(comments);
    for (const { id, seq: actual } of comments) expect(actual).toBe(seqById.get(id));
  }
  expect((await stored(stack().gateway, "comments")).sort()).toEqual([...all].sort());
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "state", async () => {
  const { viewers, victim } = await withVictim("state");
  // Some of these are its, and are not answered.
  victim.child.kill("SIGSTOP");
  const answers = names("s", 12).map((id, at) => tryScore(stack().gateway, "state", at, id));
  await victim.kill9();
  const codes = (await Promise.all(answers)).filter((code) => code !== undefined);
  expect(new Set(["timeout", ...codes])).toEqual(new Set(["timeout"]));
  await setScoreAtLast(stack().gateway, "state", 100);
  await untilScore(stack(), "state", viewers, 100);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "viewers", async () => {
  const { viewers, victim } = await withVictim("numbers");
  await untilCount(viewers, "numbers", 2);
  // It is the only one that can answer, and the requests for counts die with it.
  await stack().dispatchers.pop()?.stop();
  victim.child.kill("SIGSTOP");
  const observer = await BusObserver.start(stack().nats.url);
  const newcomers = await Promise.all(
    stack().gateways.map(({ port }) => watch("json", port, "numbers")),
  );
  await observer.requests(requestSubject(countSubject, "numbers"), 2);
  await stack().addDispatcher();
  await victim.kill9();
  await untilCount([...viewers, ...newcomers], "numbers", 4);
  await observer.stop();
  await Promise.all([...viewers, ...newcomers].map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "total", async () => {
  const { viewers, victim } = await withVictim("totals");
  await publish(stack().gateway, "totals", "like", names("before", EVENTS));
  for (const viewer of viewers) await untilTotals(viewer, "totals", { like: EVENTS });
  // What the victim accepts from here on is not stored: it is stopped before its interval ends.
  const { accepted } = acceptedAndNot(await publishThroughKill("totals", "like", victim));
  await publish(stack().gateway, "totals", "comment", names("comment", 10));
  const like = EVENTS + accepted.length;
  for (const viewer of viewers) {
    await untilTotals(viewer, "totals", { comment: 10, like });
    expectRising(viewer, "totals", "like");
  }
  const late = await watch("json", (await stack().addGateway()).port, "totals");
  await untilTotals(late, "totals", { comment: 10, like });
  await Promise.all([late, ...viewers].map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "order", async () => {
  const victim = await spawned("dispatcher");
  const sdk = await sdkPublisher([stack().gatewayAt(1).port], "sdk-order");
  sdk.publish(60);
  await sdk.accepted(5);
  victim.child.kill("SIGSTOP");
  // Enough connections that one of their requests reaches it.
  const rows = await Promise.all(
    names("row", 12).map((name) => sendInARow(stack().gateway.port, "order", name, 20)),
  );
  const codes: (readonly string[])[] = [];
  for (const { answers } of rows) {
    codes.push((await answers).map((answer) => String(answer["code"] ?? answer.op)));
  }
  await victim.kill9();
  sdk.publish(10);
  const called = await sdk.end();
  expect(await stored(stack().gateway, "sdk-order")).toEqual(called);
  const kept = await stored(stack().gateway, "order");
  expect(codes.flat()).toContain("predecessor_failed");
  for (const [index, { ids, publisher }] of rows.entries()) {
    const accepted = ids.filter((_, at) => codes[index]?.[at] === "result");
    // Once one of a connection's requests failed, the rest of its queue was not sent.
    expect(accepted).toEqual(ids.slice(0, accepted.length));
    expect(ofThese(kept, ids)).toEqual(accepted);
    await publisher.close();
  }
});

guarantee("a dispatcher is killed", "vote", async () => {
  const { viewers, victim } = await withVictim("votes");
  await openPoll(stack().gateway, "votes");
  const actors = names("actor", EVENTS);
  const choiceOf = (actor: string) => actors.indexOf(actor) % 3;
  const observer = await BusObserver.start(stack().nats.url);
  const publishers = await Promise.all(actors.map(() => TestSocket.connect(stack().gateway.port)));
  /** Sends these actors' votes, each in a request of its own; returns who got no answer. */
  let sent = 0;
  const cast = async (some: readonly string[]): Promise<string[]> => {
    const answers: Promise<Received | undefined>[] = [];
    for (const actor of some) {
      const fields = voteFields("votes", actor, choiceOf(actor));
      answers.push(Promise.resolve(publishers[actors.indexOf(actor)]?.ask("publish", fields)));
      sent += 1;
      await observer.requests(requestSubject(gatewayPublishSubject, "votes"), sent);
    }
    const got = await Promise.all(answers);
    return some.filter((_, index) => {
      if (got[index]?.op === "result") return false;
      expect(got[index]?.["code"]).toBe("timeout");
      return true;
    });
  };
  // Both have counted some when it dies, and it has some that it will never answer.
  expect(await cast(actors.slice(0, 20))).toEqual([]);
  victim.child.kill("SIGSTOP");
  const unanswered = await cast(actors.slice(20));
  await victim.kill9();
  expect(unanswered).not.toEqual([]);
  for (const actor of unanswered) {
    const codes = await voteUntilCounted(stack().gatewayAt(1), "votes", actor, choiceOf(actor));
    expect(codes.filter((code) => code !== "timeout")).toEqual([]);
  }
  await openPoll(stack().gateway, "votes", { closesAt: Date.now() + 1_000 });
  for (const viewer of viewers) {
    await viewer.until(() => shownPoll(viewer, "votes")?.closed === true);
    expect(shownPoll(viewer, "votes")).toMatchObject({ votes: [14, 13, 13], total: EVENTS });
  }
  await observer.stop();
  await Promise.all([...viewers, ...publishers].map((one) => one.close()));
});
