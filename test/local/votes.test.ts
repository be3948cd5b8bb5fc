/** Votes and polls: what is refused, over HTTP, WebSocket and NATS, and the field that the error names. */
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectTo, PATIENCE } from "../support/nats-users.ts";
import { endPoll, MVP, openPoll, POLL, putPoll, vote } from "../support/polls.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const stack = useTestStack();
const VIDEO = "match";
let service: NatsConnection;
let viewer: TestSocket;
beforeAll(async () => {
  service = await connectTo(stack().nats.url, "publisher");
  viewer = await TestSocket.connect(stack().gateway.port);
  await openPoll(stack().gateway, VIDEO);
  await openPoll(stack().gateway, "soon", { opensAt: Date.now() + 3_600_000 });
  await openPoll(stack().gateway, "over");
  await endPoll(stack().gateway, "over");
  expect(await vote(stack().gateway, VIDEO, "twice", 0)).toBe("counted");
});
afterAll(async () => {
  await service?.close();
  await viewer?.close();
});

type Fault = { readonly code: string; readonly field?: string };

describe.each<[string, string, object, Fault]>([
  ["without an actor", VIDEO, { actor: undefined }, { code: "actor_required", field: "actor" }],
  ["without data", VIDEO, { data: undefined }, { code: "field_invalid", field: "data.poll" }],
  ["of no poll", VIDEO, { data: { choice: 0 } }, { code: "field_invalid", field: "data.poll" }],
  [
    "of a poll whose name is none",
    VIDEO,
    { data: { poll: "a.b", choice: 0 } },
    { code: "field_invalid", field: "data.poll" },
  ],
  [
    "for a choice that is no number",
    VIDEO,
    { data: { poll: POLL, choice: "Ada" } },
    { code: "field_invalid", field: "data.choice" },
  ],
  [
    "for a choice below 0",
    VIDEO,
    { data: { poll: POLL, choice: -1 } },
    { code: "field_invalid", field: "data.choice" },
  ],
  [
    "for a choice that the poll doesn't have",
    VIDEO,
    { data: { poll: POLL, choice: 3 } },
    { code: "choice_unknown", field: "data.choice" },
  ],
  [
    "in an unknown poll",
    VIDEO,
    { data: { poll: "other", choice: 0 } },
    { code: "poll_unknown", field: "data.poll" },
  ],
  ["in a poll that has not begun", "soon", {}, { code: "poll_not_open", field: "data.poll" }],
  ["in a poll that has ended", "over", {}, { code: "poll_closed", field: "data.poll" }],
  [
    "of an actor who has voted",
    VIDEO,
    { actor: "twice" },
    { code: "already_voted", field: "actor" },
  ],
])("a vote %s is refused", (_name, video, changes, fault) => {
  const event = { kind: "vote", actor: "ada", data: { poll: POLL, choice: 0 }, ...changes };

  test("over HTTP", async () => {
    const { status, body } = await post(stack().gateway.port, video, event);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toMatchObject({ error: fault });
  });

  test("over WebSocket", async () => {
    expect(await viewer.ask("publish", { video, ...event })).toMatchObject({
      op: "error",
      ...fault,
    });
  });

  test("over NATS", async () => {
    const answer = await service.request(`ov.publish.${video}`, JSON.stringify(event), PATIENCE);
    expect(answer.json()).toMatchObject({ error: fault });
  });
});

test("each vote of a list is judged by itself, over HTTP and NATS", async () => {
  const list = (prefix: string) => [
    { kind: "vote", id: `${prefix}1`, actor: `${prefix}1`, data: { poll: POLL, choice: 1 } },
    { kind: "vote", id: `${prefix}2`, actor: "twice", data: { poll: POLL, choice: 1 } },
    { kind: "vote", id: `${prefix}3`, actor: `${prefix}3`, data: { poll: POLL, choice: 9 } },
    { kind: "vote", id: `${prefix}4`, actor: `${prefix}4`, data: { poll: POLL, choice: 2 } },
  ];
  const expected = (prefix: string) => ({
    accepted: [`${prefix}1`, null, null, `${prefix}4`],
    refused: [
      { index: 1, code: "already_voted", field: "actor" },
      { index: 2, code: "choice_unknown", field: "data.choice", limit: 2 },
    ],
  });
  const { status, body } = await post(stack().gateway.port, VIDEO, list("h"));
  expect({ status, body }).toMatchObject({ status: 200, body: expected("h") });
  const answer = await service.request(`ov.publish.${VIDEO}`, JSON.stringify(list("n")), PATIENCE);
  expect(answer.json()).toMatchObject(expected("n"));
  const [first] = list("m");
  expect(await post(stack().gateway.port, VIDEO, [first, { kind: "like" }])).toMatchObject({
    status: 400,
    body: { error: { code: "field_invalid", field: "events[1].kind" } },
  });
});

test("a vote that may be changed counts as it was cast last, and in the order of its connection", async () => {
  await openPoll(stack().gateway, "changed", { changeable: true });
  const votes = Array.from({ length: 30 }, (_, index) =>
    viewer.ask("publish", {
      video: "changed",
      kind: "vote",
      actor: "ada",
      eventId: `change-${index}`,
      data: { poll: POLL, choice: index % 3 },
    }),
  );
  for (const answer of await Promise.all(votes)) expect(answer).toMatchObject({ op: "result" });
  expect(await endPoll(stack().gateway, "changed")).toEqual([0, 0, 1]);
});

describe("a poll is refused", () => {
  const long = (length: number) => "x".repeat(length);
  test.each<[string, object, string]>([
    ["without a question", { question: undefined }, "question"],
    ["with a question of 301 characters", { question: long(301) }, "question"],
    ["with one choice", { choices: ["only"] }, "choices"],
    ["with 17 choices", { choices: Array.from({ length: 17 }, (_, n) => `c${n}`) }, "choices"],
    ["with an empty choice", { choices: ["a", ""] }, "choices[1]"],
    ["with the same choice twice", { choices: ["a", "a"] }, "choices"],
    [
      "with texts of too many bytes",
      { choices: Array.from({ length: 12 }, (_, n) => `${n}${"☃".repeat(90)}`) },
      "choices",
    ],
    [
      "that ends before it begins",
      { opensAt: 2_000_000_000_000, closesAt: 1_999_999_999_999 },
      "closesAt",
    ],
    ["that ends too late", { closesAt: Date.now() + 10 * 365 * 86_400_000 }, "closesAt"],
    ["that ends at no time", { closesAt: "tomorrow" }, "closesAt"],
    ["with results that are unknown", { results: "never" }, "results"],
    ["with a field that is unknown", { colour: "red" }, "colour"],
  ])("%s", async (_name, changes, field) => {
    const { status, body } = await putPoll(stack().gateway, "faulty", POLL, { ...MVP, ...changes });
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { code: "field_invalid" } },
    });
    expect((body["error"] as Fault).field ?? "").toBe(field);
  });

  test("with an invalid name, and when it has ended", async () => {
    expect(await putPoll(stack().gateway, "faulty", "a.b", MVP)).toMatchObject({
      status: 400,
      body: { error: { code: "field_invalid", field: "poll" } },
    });
    expect(
      await putPoll(stack().gateway, "over", POLL, { ...MVP, changeable: true }),
    ).toMatchObject({
      status: 409,
      body: { error: { code: "poll_closed", field: "poll" } },
    });
  });
});
