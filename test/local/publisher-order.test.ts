/** What one publisher sends on one video is stored in the order in which it was sent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { idsOf, names, stored } from "../support/guarantee-stack.ts";
import { rounds } from "../support/rounds.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestSocket, watch } from "../support/viewer.ts";

const ROUNDS = rounds(20);
const EVENTS = 10;
const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "note", deliveryClass: "durable" },
  { name: "score", deliveryClass: "latest" },
] as const;

let stack: TestStack;
let videos = 0;
beforeAll(async () => {
  const settings = { kinds: KINDS };
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: settings,
    dispatcher: settings,
  });
});
afterAll(async () => await stack.stop());

/** Rounds in which what is stored differs from what was sent. */
async function wrongRounds(
  round: (video: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    videos += 1;
    const video = `round-${videos}`;
    const sent = await round(video);
    const kept = await stored(stack.gatewayAt(1), video);
    if (kept.join() !== sent.join()) wrong.push(`${number}: ${kept.join()}`);
  }
  return wrong;
}

describe("durable events are stored in the order in which they were sent", () => {
  test("on one WebSocket, without waiting for answers", async () => {
    const publisher = await TestSocket.connect(stack.gateway.port);
    const wrong = await wrongRounds(async (video) => {
      const ids = names("e", EVENTS);
      const answers = await Promise.all(
        ids.map((eventId, index) => {
          const kind = index % 3 === 1 ? "note" : "comment";
          return publisher.ask("publish", { video, kind, eventId });
        }),
      );
      expect(answers.map(({ op }) => op)).toEqual(ids.map(() => "result"));
      const seqs = answers.map(({ seq }) => Number(seq));
      expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
      return ids;
    });
    expect(wrong).toEqual([]);
    await publisher.close();
  });

  test("with likes among them, and with other publishers on the same video", async () => {
    const publisher = await TestSocket.connect(stack.gateway.port);
    const other = await TestSocket.connect(stack.gatewayAt(1).port);
    for (let number = 1; number <= ROUNDS; number += 1) {
      const video = `shared-${number}`;
      const ids = names("e", EVENTS);
      await Promise.all([
        ...ids.flatMap((eventId) => [
          publisher.ask("publish", { video, kind: "comment", eventId }),
          publisher.ask("publish", { video, kind: "like" }),
        ]),
        ...names("other", EVENTS).map((eventId) =>
          other.ask("publish", { video, kind: "comment", eventId }),
        ),
      ]);
      const kept = await stored(stack.gateway, video);
      expect(kept.filter((id) => id.startsWith("e-"))).toEqual(ids);
      expect(kept.filter((id) => id.startsWith("other-"))).toEqual(names("other", EVENTS));
    }
    await Promise.all([publisher.close(), other.close()]);
  });

  test("in one list over HTTP, larger than a record and against another writer", async () => {
    const ids = names("e", 600);
    const others = names("other", 200);
    const [answer] = await Promise.all([
      post(
        stack.gateway.port,
        "lists",
        ids.map((id) => ({ kind: "comment", id })),
      ),
      ...others.map((id) => post(stack.gatewayAt(1).port, "lists", { kind: "comment", id })),
    ]);
    expect(answer).toMatchObject({ status: 200, body: { accepted: ids } });
    const kept = await stored(stack.gatewayAt(1), "lists");
    expect(kept.filter((id) => id.startsWith("e-"))).toEqual(ids);
  });

  test("in requests over HTTP, each after the other's answer and to another gateway", async () => {
    const wrong = await wrongRounds(async (video) => {
      for (const [index, id] of names("e", 4).entries()) {
        const { status } = await post(stack.gatewayAt(index).port, video, { kind: "comment", id });
        expect(status).toBe(200);
      }
      return names("e", 4);
    });
    expect(wrong).toEqual([]);
  });
});

test("of one connection's events of class latest, the last one sent is shown as the newest", async () => {
  const publisher = await TestSocket.connect(stack.gateway.port);
  const wrong: string[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const video = `score-${number}`;
    const viewer = await watch("json", stack.gatewayAt(1).port, video);
    await stack.mirrored(video, 1);
    await Promise.all(
      names("s", EVENTS).map((eventId) =>
        publisher.ask("publish", { video, kind: "score", eventId }),
      ),
    );
    const last = `s-${EVENTS}`;
    await viewer.until(() => viewer.of(video, "score").some(({ id }) => id === last));
    const newest = viewer.of(video, "score").at(-1)?.id;
    if (newest !== last) wrong.push(`${number}: ${idsOf(viewer.of(video, "score")).join()}`);
    await viewer.close();
  }
  expect(wrong).toEqual([]);
  await publisher.close();
});
