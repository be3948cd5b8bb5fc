/** What can be relied on when a dispatcher is killed. */
import { expect } from "vitest";
import { publishSubject } from "../../../shared/protocol/subjects.ts";
import { BusWitness } from "../../support/bus-witness.ts";
import { expectUnbroken, SilentDispatcher } from "../../support/chain.ts";
import {
  allTold,
  idsOf,
  knowsRows,
  names,
  publish,
  repeated,
  stored,
  untilShown,
  useProcesses,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sdkPublisher, sendInARow } from "../../support/ordered-publisher.ts";
import { type Received, TestSocket, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, gateway: { requestTimeoutMs: 1_000 } });
const spawned = useProcesses(stack);
const EVENTS = 40;

/** A viewer at each gateway, known to the dispatchers: that of the stack, and one to be killed. */
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
 * Publishes events, of which a dispatcher that is killed has some in its hands. Returns the answers
 * by id.
 */
async function publishThroughKill(
  video: string,
  kind: "like" | "comment",
  victim: Awaited<ReturnType<typeof withVictim>>["victim"],
): Promise<Map<string, Received>> {
  const witness = await BusWitness.start(stack().nats.url);
  const publishers = await Promise.all(
    names(kind, EVENTS).map(() => TestSocket.connect(stack().gateway.port)),
  );
  // NATS goes on giving it its share, which it does nothing with.
  victim.child.kill("SIGSTOP");
  const asked: Promise<readonly [string, Received]>[] = [];
  for (const [index, eventId] of names(kind, EVENTS).entries()) {
    const answer = publishers[index]?.ask("publish", { video, kind, eventId });
    if (answer !== undefined) asked.push(answer.then((received) => [eventId, received] as const));
    // Each in a request of its own: likes that come at once would go together, and so would
    // comments of one connection.
    await witness.requests(publishSubject(video), asked.length);
  }
  await victim.kill9();
  const answers = new Map(await Promise.all(asked));
  await Promise.all([witness.stop(), ...publishers.map((publisher) => publisher.close())]);
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
  const places = new Map(accepted.map((id) => [id, answers.get(id)?.["seq"]]));
  for (const id of refused) {
    const { seq } = await repeated(stack().gatewayAt(1).port, "comments", "comment", id);
    places.set(id, seq);
  }
  // One more dies when it has stored a comment, before it has told anybody.
  const silent = await SilentDispatcher.start(stack().nats.url);
  const silentPlace = await silent.store("comments", "untold");
  await silent.stop();
  const { seq } = await repeated(stack().gateway.port, "comments", "comment", "untold");
  expect(seq).toBe(silentPlace);
  places.set("untold", seq);
  const all = [...accepted, ...refused, "untold"];
  for (const viewer of viewers) {
    const comments = await untilShown(viewer, "comments", "comment", "untold");
    expect(idsOf(comments).sort()).toEqual([...all].sort());
    expectUnbroken(comments);
    for (const { id, seq: place } of comments) expect(place).toBe(places.get(id));
  }
  expect((await stored(stack().gateway, "comments")).sort()).toEqual([...all].sort());
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "viewers", async () => {
  const { viewers, victim } = await withVictim("numbers");
  await allTold(viewers, "numbers", 2);
  // It is the only one that can be asked, and what it is asked to tell dies with it.
  await stack().dispatchers.pop()?.stop();
  victim.child.kill("SIGSTOP");
  const witness = await BusWitness.start(stack().nats.url);
  const newcomers = await Promise.all(
    stack().gateways.map(({ port }) => watch("json", port, "numbers")),
  );
  await witness.requests(publishSubject("numbers"), 2);
  await stack().addDispatcher();
  await victim.kill9();
  await allTold([...viewers, ...newcomers], "numbers", 4);
  await witness.stop();
  await Promise.all([...viewers, ...newcomers].map((viewer) => viewer.close()));
});

guarantee("a dispatcher is killed", "order", async () => {
  const victim = await spawned("dispatcher");
  const sdk = await sdkPublisher([stack().gatewayAt(1).port], "sdk-order");
  sdk.publish(60);
  await sdk.accepted(5);
  victim.child.kill("SIGSTOP");
  // As many connections as it takes until one of their requests is in its hands.
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
    // Once a request of it failed, the rest of what waited was not sent.
    expect(accepted).toEqual(ids.slice(0, accepted.length));
    expect(ofThese(kept, ids)).toEqual(accepted);
    await publisher.close();
  }
});
