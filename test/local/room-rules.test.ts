/** The rules of a room: whom they apply to, at which gateway, and what a refused event costs. */
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import {
  BACKEND,
  MODERATOR,
  moderate,
  moderatedStack,
  OTHER_MODERATOR,
  tokenFor,
} from "../support/moderation.ts";
import { connectTo } from "../support/nats-users.ts";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const PER_SECOND = 4;
const BURST = 5 * PER_SECOND;
const stack = useTestStack(
  moderatedStack({ gateways: 3, gateway: { actorPublishesPerSecond: PER_SECOND } }),
);
const comment = (text = "hi") => ({ kind: "comment", data: { text } });
const RAIDERS = 500;

async function putRules(video: string, rules: object): Promise<void> {
  const answer = await moderate(stack().gateway, "PUT", `${video}/rules`, rules);
  expect(answer).toMatchObject({ status: 200, body: { video } });
}

/** Publishes over HTTP at a gateway; resolves with the status, or with the error. */
async function postAt(gateway: number, video: string, event: unknown, token: string) {
  const { status, body } = await post(stack().gatewayAt(gateway).port, video, event, token);
  const { code, field } = (body["error"] ?? {}) as { code?: string; field?: string };
  return code === undefined ? status : [status, code, field];
}

describe("a closed kind", () => {
  const CLOSED = [403, "closed_kind", "kind"];

  test("is refused at every gateway, whether anybody watches there or not, but for moderators", async () => {
    const token = await tokenFor("anna");
    const watching = await TestSocket.connect(stack().gateway.port, "json", token);
    await watching.ask("subscribe", { video: "closed" });
    const publishing = await TestSocket.connect(stack().gatewayAt(1).port, "json", token);
    const open = await publishing.ask("publish", { video: "closed", ...comment() });
    expect(open).toMatchObject({ op: "result" });
    await putRules("closed", { closed: ["comment"] });
    for (const socket of [watching, publishing]) {
      const refused = { op: "error", code: "closed_kind", field: "kind" };
      await eventually(async () => {
        const answer = await socket.ask("publish", { video: "closed", ...comment() });
        return answer["code"] === "closed_kind";
      });
      expect(await socket.ask("publish", { video: "closed", ...comment() })).toMatchObject(refused);
      await socket.close();
    }
    for (const gateway of [0, 1, 2]) {
      expect(await postAt(gateway, "closed", comment(), token)).toEqual(CLOSED);
      expect(await postAt(gateway, "closed", comment(), BACKEND)).toEqual(CLOSED);
      const list = [{ kind: "like" }, comment()];
      const [status, code, field] = (await postAt(gateway, "closed", list, token)) as unknown[];
      expect([status, code, field]).toEqual([403, "closed_kind", "events[1].kind"]);
      // Of somebody else: until the rules held, anna published as much as she may.
      const liker = await tokenFor(`liker-${gateway}`);
      expect(await postAt(gateway, "closed", { kind: "like" }, liker)).toBe(200);
      expect(await postAt(gateway, "closed", comment(), MODERATOR)).toBe(200);
    }
    // A service over NATS is trusted as a moderator is.
    const service = await connectTo(stack().nats.url, "publisher");
    const answer = await service.request("ov.publish.closed", JSON.stringify(comment()));
    expect(answer.json()).toMatchObject({ accepted: [expect.any(String)] });
    await service.close();
  });

  test("costs whoever is refused none of what they may publish", async () => {
    await putRules("free", { closed: ["comment"] });
    const token = await tokenFor("patient");
    for (let refused = 0; refused < 3 * BURST; refused += 1) {
      expect(await postAt(0, "free", comment(), token)).toEqual(CLOSED);
    }
    const all = Array.from({ length: BURST }, () => comment());
    expect(await postAt(0, "open", all, token)).toBe(200);
  });

  test("keeps a raid of new actors out at once, and lets them in when it is opened", async () => {
    await putRules("raid", { closed: ["comment"] });
    const raid = Array.from({ length: RAIDERS }, (_, n) => ({ ...comment(), actor: `raider${n}` }));
    const refused = [403, "closed_kind", "events[0].kind"];
    for (const gateway of [0, 1, 2]) {
      expect(await postAt(gateway, "raid", raid, BACKEND)).toEqual(refused);
    }
    await putRules("raid", {});
    await eventually(async () => (await postAt(1, "raid", raid, BACKEND)) === 200);
  });
});

describe("slow mode", () => {
  /** Resolves when a gateway has been told of so many more events than when `act` began. */
  async function reported(gateway: number, events: number, act: () => Promise<void>) {
    const name = "ovation_gateway_slowed_received_total";
    const node = stack().gatewayAt(gateway);
    const before = await metric(node, name);
    await act();
    await eventually(async () => (await metric(node, name)) >= before + events);
  }

  const SLOW = [429, "rate_limited", "slowModeMs"];

  test("makes an actor wait at every gateway, over every wire, and nobody else", async () => {
    await putRules("slow", { slowModeMs: 3_600_000 });
    const [anna, ben] = [await tokenFor("slow-anna"), await tokenFor("slow-ben")];
    await reported(1, 1, async () => {
      expect(await postAt(0, "slow", comment(), anna)).toBe(200);
    });
    const again = await post(stack().gateway.port, "slow", comment(), anna);
    expect(again.body["error"]).toMatchObject({ code: "rate_limited", limit: 3_600_000 });
    const { retryAfterMs } = again.body["error"] as { retryAfterMs: number };
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await postAt(1, "slow", comment(), anna)).toEqual(SLOW);
    const socket = await TestSocket.connect(stack().gatewayAt(1).port, "msgpack", anna);
    const answer = await socket.ask("publish", { video: "slow", ...comment() });
    expect(answer).toMatchObject({ code: "rate_limited", field: "slowModeMs" });
    expect(await socket.ask("publish", { video: "slow", kind: "like" })).toMatchObject({
      op: "result",
    });
    expect(await socket.ask("publish", { video: "other", ...comment() })).toMatchObject({
      op: "result",
    });
    await socket.close();
    expect(await postAt(1, "slow", comment(), ben)).toBe(200);
    expect(await postAt(1, "slow", [comment(), comment()], MODERATOR)).toBe(200);
    // As soon as it is over, the wait is.
    await putRules("slow", {});
    await eventually(async () => (await postAt(0, "slow", comment(), anna)) === 200);
  });

  test("lets each actor of a raid publish once", async () => {
    await putRules("slow-raid", { slowModeMs: 3_600_000 });
    const raid = Array.from({ length: RAIDERS }, (_, n) => ({ ...comment(), actor: `raider${n}` }));
    await reported(1, RAIDERS, async () => {
      expect(await postAt(0, "slow-raid", raid, BACKEND)).toBe(200);
    });
    const answers = await Promise.all(raid.map((one) => postAt(1, "slow-raid", one, BACKEND)));
    expect(answers.filter((answer) => answer === 200)).toEqual([]);
    expect(answers[0]).toEqual(SLOW);
  });

  test("takes no list with two events of one actor", async () => {
    await putRules("slow-list", { slowModeMs: 1_000 });
    const list = [comment(), comment()];
    expect(await postAt(0, "slow-list", list, await tokenFor("lister"))).toEqual(SLOW);
    const two = ["one", "two"].map((actor) => ({ ...comment(), actor }));
    expect(await postAt(0, "slow-list", two, BACKEND)).toBe(200);
  });
});

test("length and emoji are checked over every wire, and an error names the text and the limit", async () => {
  await putRules("text", { maxLength: 3, emojiOnly: true });
  const { port } = stack().gateway;
  const socket = await TestSocket.connect(port, "msgpack", await tokenFor("writer"));
  const publish = async (text: string) =>
    await socket.ask("publish", { video: "text", ...comment(text) });
  const tooLong = { code: "text_too_long", field: "data.text", limit: 3 };
  expect(await publish("👍👍👍👍")).toMatchObject(tooLong);
  expect(await publish("ok")).toMatchObject({ code: "emoji_only", field: "data.text" });
  expect(await publish("👍")).toMatchObject({ op: "result" });
  await socket.close();
  const list = [
    { ...comment("👍"), actor: "a" },
    { ...comment("👍 b"), actor: "b" },
  ];
  const { body } = await post(port, "text", list, BACKEND);
  expect(body["error"]).toMatchObject({ code: "emoji_only", field: "events[1].data.text" });
});

test("whoever comes gets the rules with the state, and those who are there when they change", async () => {
  await putRules("state", { slowModeMs: 30_000, closed: [], emojiOnly: false });
  const { port } = stack().gatewayAt(2);
  const socket = await TestSocket.connect(port, "json", await tokenFor("newcomer"));
  const { state } = await socket.ask("subscribe", { video: "state" });
  expect(state).toEqual({ rules: { slowModeMs: 30_000 } });
  await putRules("state", { maxLength: 100 });
  await socket.until(() =>
    socket.of("state", "rules").some(({ data }) => JSON.stringify(data) === '{"maxLength":100}'),
  );
  // An empty set of rules is none.
  await putRules("state", {});
  const last = await socket.until(() =>
    socket.of("state", "rules").find(({ data }) => data === undefined),
  );
  expect(last).not.toHaveProperty("actor");
  await socket.close();
});

describe("bad rules", () => {
  test.each([
    [{ slowModeMs: -1 }, "field_invalid", "slowModeMs"],
    [{ slowModeMs: 21_600_001 }, "field_invalid", "slowModeMs"],
    [{ slowModeMs: 1.5 }, "field_invalid", "slowModeMs"],
    [{ slowModeMs: "30s" }, "field_invalid", "slowModeMs"],
    [{ maxLength: 0 }, "field_invalid", "maxLength"],
    [{ maxLength: 10_001 }, "field_invalid", "maxLength"],
    [{ emojiOnly: "yes" }, "field_invalid", "emojiOnly"],
    [{ closed: "comment" }, "field_invalid", "closed"],
    [{ closed: ["comment", "comment"] }, "field_invalid", "closed"],
    [{ closed: ["Comment"] }, "field_invalid", "closed[0]"],
    [{ closed: ["like", "shout"] }, "kind_unknown", "closed[1]"],
    [{ closed: ["viewers"] }, "kind_reserved", "closed[0]"],
    [{ by: "somebody else" }, "field_invalid", "by"],
    [{ slow: 5 }, "field_invalid", "slow"],
    [[], "field_invalid", undefined],
  ])("%j are refused, and the error names the field", async (rules, code, field) => {
    const { status, body } = await moderate(stack().gateway, "PUT", "bad/rules", rules);
    expect([status, body["error"]]).toEqual([
      400,
      {
        code,
        message: expect.any(String),
        requestId: expect.any(String),
        ...(field === undefined ? {} : { field }),
      },
    ]);
  });

  test("and those of somebody who may not moderate the video", async () => {
    const forbidden = { status: 403, body: { error: { code: "forbidden" } } };
    for (const key of [OTHER_MODERATOR, BACKEND, await tokenFor("anna")]) {
      const answer = await moderate(stack().gateway, "PUT", "bad/rules", {}, key);
      expect(answer).toMatchObject(forbidden);
    }
    const own = await moderate(stack().gateway, "PUT", "other-1/rules", {}, OTHER_MODERATOR);
    expect(own.status).toBe(200);
  });
});
