/** ovation-server as a backend uses it, at a real gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { Ovation, type OvationError, TokenSigner } from "../../server-sdk/index.ts";
import { BACKEND, MODERATOR, moderatedStack } from "../support/moderation.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf } from "../support/tokens.ts";

let stack: TestStack;
let url: string;
let ovation: Ovation;
beforeAll(async () => {
  stack = await TestStack.start(moderatedStack());
  url = `http://127.0.0.1:${stack.gateway.port}`;
  ovation = new Ovation({ url, token: MODERATOR });
});
afterAll(() => stack?.stop());

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const comment = (id: string, actor = "anna") => {
  return { kind: "comment", id, actor, data: { text: id } };
};

test("what is published is in the history, the totals and what there is of the video", async () => {
  const video = ovation.video("publish");
  const first = await video.publish(comment("c1"));
  expect(await video.publish(comment("c1"))).toEqual(first);
  const rest = await video.publishAll([comment("c2"), { kind: "like" }, comment("c3", "bo")]);
  expect(rest.map(({ id }) => id)).toEqual(["c2", expect.any(String), "c3"]);
  expect(rest.map(({ seq }) => typeof seq)).toEqual(["number", "undefined", "number"]);
  const ids = async (range = {}) => (await collected(video.history(range))).map(({ id }) => id);
  expect(await ids()).toEqual(["c3", "c2", "c1"]);
  expect(await ids({ after: first.seq })).toEqual(["c2", "c3"]);
  await expect.poll(async () => (await video.info()).totals).toMatchObject({ comment: 3, like: 1 });
  const [info, none] = await ovation.infos(["publish", "never"]);
  expect([info?.history?.seq, none?.viewers]).toEqual([rest[2]?.seq, 0]);
  expect(await video.setTotals({ like: 500 })).toMatchObject({ like: 500, comment: 3 });
});

test("a history of several pages is read to its end, in either direction", async () => {
  const video = ovation.video("pages");
  const numbers = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
  await video.publishAll(numbers.map((id) => ({ kind: "comment", id })));
  await video.publish({ kind: "comment", id: "last" });
  const page = await video.historyPage({ limit: 2 });
  expect(page).toMatchObject({ more: true, events: [{ id: "n999" }, { id: "last" }] });
  const all = await collected(video.history());
  const forward = await collected(video.history({ from: 0 }));
  expect(forward).toEqual(all.toReversed());
  expect(all.length).toBeGreaterThan(999);
});

test("a moderator deletes, pins, sets rules, bans and reads the record", async () => {
  const video = ovation.video("moderate");
  await video.publishAll([comment("c1"), comment("c2", "troll/ü"), comment("c3", "troll/ü")]);
  expect(await video.pin("c1")).toMatchObject({ id: "c1", actor: "anna" });
  await video.unpin();
  expect(await video.delete("c1")).toBeGreaterThan(0);
  expect(await video.deleteAllOf("troll/ü")).toBe(2);
  expect(await collected(video.history())).toEqual([]);
  expect(await video.setRules({ maxLength: 3, closed: [] })).toEqual({ maxLength: 3 });
  const ban = await video.moderation.ban("troll/ü", {
    mode: "mute",
    forMs: 60_000,
    reason: "spam",
  });
  expect(ban).toMatchObject({ actor: "troll/ü", mode: "mute", by: "moderator" });
  expect(await video.moderation.banOf("troll/ü")).toMatchObject({ reason: "spam" });
  expect(await collected(video.moderation.bans())).toMatchObject([{ actor: "troll/ü" }]);
  expect(await video.moderation.unban("troll/ü")).toMatchObject({ mode: "mute" });
  expect(await video.moderation.unban("troll/ü")).toBeUndefined();
  const acts = (await collected(video.moderation.acts())).map(({ act }) => act);
  expect(acts.slice(0, 3)).toEqual(["ban.delete", "ban.put", "rules.put"]);
  await ovation.moderation.ban("everywhere", { mode: "shadow" });
  expect(await collected(ovation.moderation.bans())).toMatchObject([{ actor: "everywhere" }]);
});

test("a poll is opened, voted in and ended; a vote that doesn't count says why", async () => {
  const video = ovation.video("poll");
  const poll = await video.putPoll("mvp", { question: "Who?", choices: ["Ada", "Bo"] });
  expect(poll).toMatchObject({ choices: ["Ada", "Bo"], closed: false, total: 0 });
  const vote = (actor: string, choice: number) => {
    return { kind: "vote", actor, data: { poll: "mvp", choice } };
  };
  const outcomes = await video.publishAll([vote("anna", 1), vote("anna", 0), vote("bo", 1)]);
  const codes = outcomes.map(({ error }) => error?.code);
  expect(codes).toEqual([undefined, "already_voted", undefined]);
  await expect(video.publish(vote("bo", 0))).rejects.toMatchObject({ code: "already_voted" });
  expect(await video.endPoll("mvp")).toMatchObject({ closed: true, total: 2, votes: [0, 2] });
  expect(Object.keys(await video.polls())).toEqual(["mvp"]);
  await expect(video.endPoll("none")).rejects.toMatchObject({ code: "poll_unknown" });
});

test("a video is ended and erased, and an actor is erased everywhere", async () => {
  const video = ovation.video("end");
  await video.publishAll([comment("c1", "erased"), comment("c2")]);
  const endedAt = await video.end();
  expect(await video.end()).toBe(endedAt);
  await expect(video.publish(comment("c3"))).rejects.toMatchObject({ code: "video_ended" });
  expect(await ovation.eraseActor("erased")).toEqual({ events: 1, values: 0 });
  expect(await video.erase()).toBeGreaterThan(0);
  expect(await collected(video.history())).toEqual([]);
});

test("comments that are published while their gateway is replaced are stored once each", async () => {
  const port = await freePort();
  // Shared, so that the second one may listen while connections to the first are closing.
  const own = await TestStack.start({ gateway: { port, sharePort: true } });
  try {
    const video = new Ovation({ url: `http://127.0.0.1:${port}` }).video("replaced");
    const ids = Array.from({ length: 300 }, (_, index) => `c${index}`);
    const queue = [...ids];
    let published = 0;
    const halfway = Promise.withResolvers<void>();
    const publisher = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        await video.publish(comment(id));
        published += 1;
        if (published === 100) halfway.resolve();
      }
    };
    const publishers = Promise.all(Array.from({ length: 8 }, publisher));
    await Promise.race([halfway.promise, publishers]);
    for (const gateway of own.gateways.splice(0)) await gateway.stop();
    await own.addGateway();
    await publishers;
    const stored = (await collected(video.history())).map(({ id }) => id);
    expect(stored.toSorted()).toEqual(ids.toSorted());
  } finally {
    await own.stop();
  }
});

describe("errors", () => {
  const failure = async (promise: Promise<unknown>): Promise<OvationError> =>
    await promise.then(
      () => Promise.reject(new Error("it did not fail")),
      (error: OvationError) => error,
    );

  test("are the gateway's, with code, field, limit and status", async () => {
    const video = ovation.video("errors");
    const boo = await failure(video.publishAll([{ kind: "like" }, { kind: "boo" }]));
    expect(boo).toMatchObject({ code: "kind_unknown", field: "events[1].kind", status: 400 });
    const rules = await failure(video.setRules({ slowModeMs: -1 }));
    expect(rules).toMatchObject({ code: "field_invalid", field: "slowModeMs" });
    await expect(video.delete("never")).rejects.toMatchObject({ code: "event_not_found" });
  });

  test("name what is wrong before anything is sent", async () => {
    expect(() => ovation.video("a b")).toThrow(/1 to 128/);
    const dots = failure(ovation.moderation.ban("..", { mode: "mute" }));
    expect(await dots).toMatchObject({ code: "field_invalid", status: undefined });
    expect(() => new Ovation({ url: "live.example.com" })).toThrow(/url: .*https:/);
    expect(() => new Ovation({ url: "http://anna:hush@a" })).toThrow(/^(?!.*hush)/);
    expect(() => new Ovation({ url, token: "two words" })).toThrow(/^token: (?!.*words)/);
    expect(() => new Ovation({ url, waitMs: -1 })).toThrow(/waitMs/);
  });

  test("say that a token is missing, refused, or not enough", async () => {
    const codeWith = async (token: string | undefined) => {
      const { code } = await failure(new Ovation({ url, token }).video("rights").setRules({}));
      return code;
    };
    expect(await codeWith(undefined)).toBe("token_required");
    expect(await codeWith("forged-key-forged-key-forged-key-1")).toBe("token_refused");
    expect(await codeWith(BACKEND)).toBe("forbidden");
  });

  test("say that nothing answers, or something that is no gateway", async () => {
    const codeAt = async (address: string) =>
      await failure(new Ovation({ url: address, waitMs: 0 }).ping());
    expect(await codeAt(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    expect(await codeAt(`${url}/elsewhere`)).toMatchObject({ code: "wrong_address", status: 404 });
    const ops = `http://127.0.0.1:${stack.gateway.opsPort}`;
    expect(await codeAt(ops)).toMatchObject({ code: "wrong_address" });
  });
});

describe("a signer's tokens", () => {
  const signer = new TokenSigner({ secret: SECRET });

  test("let a viewer publish as itself, a backend for anyone, and a moderator moderate", async () => {
    const as = (token: string) => new Ovation({ url, token }).video("tokens");
    const rights = { videos: ["tokens"], publish: ["comment"] };
    const viewer = as(await signer.viewer("anna", rights));
    await viewer.publish({ kind: "comment", id: "own" });
    const other = viewer.publish({ kind: "comment", actor: "bo" });
    await expect(other).rejects.toMatchObject({ code: "forbidden", field: "actor" });
    await expect(viewer.setRules({})).rejects.toMatchObject({ code: "forbidden" });
    await as(await signer.backend()).publish(comment("others", "bo"));
    await as(await signer.moderator("mo")).setRules({});
    const [newest] = await collected(ovation.video("tokens").moderation.acts());
    expect(newest).toMatchObject({ act: "rules.put", by: "mo" });
  });

  test("are made again when they have expired", async () => {
    let made = 0;
    const token = async () => {
      made += 1;
      const expired = { sub: "x", videos: ["*"], exp: 1_000 };
      return made === 1 ? await tokenOf(expired) : await signer.backend();
    };
    const backend = new Ovation({ url, token });
    await backend.video("renewed").publish({ kind: "like" });
    await backend.video("renewed").publish({ kind: "like" });
    expect(made).toBe(2);
  });
});
