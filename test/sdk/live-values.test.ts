/** Values of a video that the SDK follows: state, totals, reactions and polls. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LiveValue, OvationError } from "../../sdk/index.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { handMade } from "../support/tokens.ts";
import { client, connected, statesOf } from "./support/client.ts";

const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "react", deliveryClass: "transient", variants: ["🔥", "👏"] },
  { name: "comment", deliveryClass: "durable" },
  { name: "vote", deliveryClass: "vote" },
  { name: "score", deliveryClass: "state" },
] as const;
const SETTINGS = { kinds: KINDS, totalsIntervalMs: 50 };
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: SETTINGS, dispatcher: SETTINGS });
});
afterAll(async () => await stack?.stop());

const make = (transport: "websocket" | "sse" = "websocket", token?: string) =>
  client(`http://127.0.0.1:${stack.gateway.port}`, {
    transport,
    ...(token === undefined ? {} : { token }),
  });

/** All values since the start. */
function follow<T>(value: LiveValue<T>) {
  const values = new Recorder<T>();
  const off = value.onChange(values.take);
  return { values, off, is: async (is: (value: T) => boolean) => await values.first(is) };
}

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test("a newcomer has the state; a value that was removed while the connection was away is gone", async () => {
    const id = `state-${transport}`;
    const publisher = make().video(id);
    await publisher.publish("score", { home: 1 });
    const ovation = make(transport);
    const score = ovation.video(id).state("score", {
      parse: (data) => Number((data as { readonly home: unknown }).home),
    });
    expect(score.current).toBeUndefined();
    const one = follow(score);
    await one.is((home) => home === 1);
    await publisher.publish("score", { home: 2 });
    await one.is((home) => home === 2);
    expect(score.current).toBe(2);
    // A second listener has it at once, without a change.
    const other = follow(ovation.video(id).state("score"));
    await other.is((value) => (value as { readonly home: number }).home === 2);
    const states = statesOf(ovation);
    ovation.close();
    await states.first(({ name }) => name === "closed");
    await publisher.publish("score", null);
    ovation.connect();
    await one.is((home) => home === undefined);
    await publisher.publish("score", { home: 3 });
    await one.is((home) => home === 3);
    expect(one.values.all).toEqual([1, 2, undefined, 3]);
  });

  test("a viewer's own like shows before it is answered, and all viewers end with the same totals", async () => {
    const id = `totals-${transport}`;
    const first = make(transport).video(id);
    const early = follow(first.totals);
    await early.is(() => true);
    for (let n = 0; n < 3; n += 1) await make().video(id).publish("like");
    await early.is(({ like }) => like === 3);
    const published = first.publish("like");
    expect(first.totals.current).toEqual({ like: 4 });
    expect(early.values.all.at(-1)).toEqual({ like: 4 });
    await published;
    await first.publish("react", { variant: "🔥" });
    await first.publish("comment", { text: "hello" });
    const late = follow(make(transport).video(id).totals);
    const all = { like: 4, react: 1, "react:🔥": 1, comment: 1 };
    for (const { is } of [early, late]) {
      await is((totals) => JSON.stringify(totals) !== "{}" && totals["comment"] === 1);
      await is(({ like, react }) => like === 4 && react === 1);
    }
    for (const { values } of [early, late]) expect(values.all.at(-1)).toEqual(all);
    const likes = early.values.all.map(({ like = 0 }) => like);
    expect(likes).toEqual(likes.toSorted((one, other) => one - other));
  });
});

test("a reaction and a vote show at once, and a second vote changes nothing", async () => {
  const id = "party";
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${id}/polls/mvp`;
  const put = async () =>
    await fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question: "Who?", choices: ["Ada", "Bo"] }),
    });
  expect((await put()).status).toBe(200);
  const video = make().video(id);
  const reactions = follow(video.reactions());
  const poll = video.poll("mvp");
  const polls = follow(poll);
  await reactions.is(() => true);
  await polls.is((value) => value?.total === 0);
  const fire = video.reactions().publish("🔥");
  expect(reactions.values.all.at(-1)).toEqual({ "🔥": 1 });
  await fire;
  await expect(video.reactions().publish("👻")).rejects.toMatchObject({ code: "variant_unknown" });
  const voted = poll.vote(1);
  expect(poll.current).toMatchObject({ votes: [0, 1], total: 1, own: 1 });
  // Without a token there is no actor.
  await expect(voted).rejects.toMatchObject({ code: "actor_required" });
  expect(poll.current).toMatchObject({ votes: [0, 0], total: 0 });
  expect(poll.current).not.toHaveProperty("own");
  // An open gateway believes a token, so all clients with it are one actor.
  const token = handMade({ alg: "none" }, { sub: "anna" }, () => "");
  await make("websocket", token).video(id).poll("mvp").vote(0);
  await expect(make("websocket", token).video(id).poll("mvp").vote(1)).rejects.toMatchObject({
    code: "already_voted",
  });
  const late = follow(make().video(id).reactions());
  await late.is((counts) => counts["🔥"] === 1);
});

test("an ignored publish that fails is no unhandled rejection, and who awaits it gets the error", async () => {
  const unhandled = new Recorder<unknown>();
  process.on("unhandledRejection", unhandled.take);
  const video = make().video("ignored");
  const loose = video as unknown as { publish(...args: unknown[]): Promise<unknown> };
  void video.publish("nothing");
  void loose.publish(5);
  void video.reactions("nothing").publish("🔥");
  void video.poll("none").vote(1);
  await expect(video.publish("nothing")).rejects.toMatchObject({ code: "kind_unknown" });
  await expect(video.poll("none").vote(1)).rejects.toMatchObject({ code: "actor_required" });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled.take);
  expect(unhandled.all).toEqual([]);
});

test("a like that is refused is taken back, and one that is published without a connection shows", async () => {
  const id = "refused";
  const ovation = make();
  const { values, is } = follow(ovation.video(id).totals);
  await is(() => true);
  await connected(ovation);
  ovation.close();
  const refused = ovation.video(id).publish("like");
  await expect(refused).rejects.toMatchObject({ code: "closed" });
  expect(values.all.at(-1)).toEqual({});
  ovation.connect();
  const like = ovation.video(id).publish("like");
  await is((totals) => totals["like"] === 1);
  await like;
});

test("a value that parse refuses is skipped and reported, and the chunk's absence too", async () => {
  const id = "odd";
  await make().video(id).publish("score", "odd");
  const errors = new Recorder<OvationError>();
  const score = make()
    .video(id)
    .state("score", {
      parse: () => {
        throw new TypeError("no score");
      },
      onError: errors.take,
    });
  const { values } = follow(score);
  expect(await errors.first(() => true)).toMatchObject({ code: "data_unexpected", video: id });
  expect(values.all).toEqual([]);
  expect(() => score.onChange(undefined as never)).toThrow(TypeError);
});
