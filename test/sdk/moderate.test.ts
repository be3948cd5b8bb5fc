/** What moderators do with the SDK, and what it makes of the rules of a room. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventOf } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { MODERATOR, moderatedStack, tokenFor } from "../support/moderation.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client, listen } from "./support/client.ts";

let stack: TestStack;
let url: string;
beforeAll(async () => {
  stack = await TestStack.start(moderatedStack());
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(() => stack?.stop());

/** A moderator's client. */
function moderator(video: string) {
  return client(url, { token: MODERATOR }).video(video).moderate;
}

async function viewer(video: string, actor = "anna") {
  const ovation = client(url, { token: await tokenFor(actor), transport: "websocket" });
  const rules = new Recorder<EventOf<"rules">>();
  ovation.video(video).on("rules", rules.take);
  await listen(ovation, video).joined();
  return { video: ovation.video(video), rules };
}

describe("a moderator with the SDK", () => {
  test("sets the rules of the room, which viewers get, and removes them", async () => {
    const { rules } = await viewer("rules");
    const acts = moderator("rules");
    const set = await acts.setRules({ slowModeMs: 30_000, closed: [], maxLength: 200 });
    expect(set).toEqual({ slowModeMs: 30_000, maxLength: 200 });
    const { data } = await rules.first(() => true);
    expect(data).toEqual(set);
    expect(await acts.setRules({})).toEqual({});
    await rules.first((event) => event.data === undefined);
  });

  test("pins a comment and unpins it, deletes one, and all of an actor", async () => {
    const actor = "troll/ü";
    const events = ["c1", "c2", "c3"].map((id) => ({ kind: "comment", id, actor, data: { id } }));
    expect((await post(stack.gateway.port, "pin", events, MODERATOR)).status).toBe(200);
    const acts = moderator("pin");
    expect(await acts.pin("c1")).toMatchObject({ id: "c1", kind: "comment", actor });
    await acts.unpin();
    await acts.delete("c1");
    expect(await acts.deleteAllOf(actor)).toBe(2);
    expect(await acts.deleteAllOf(actor)).toBe(0);
    for (const failing of [acts.pin("c2"), acts.delete("never")]) {
      await expect(failing).rejects.toMatchObject({ code: "event_not_found", video: "pin" });
    }
  });

  test("is told that an actor can't be named in a path", async () => {
    const acts = moderator("paths");
    for (const actor of ["", ".", ".."]) {
      const fault = { code: "field_invalid", field: "actor" };
      await expect(acts.unban(actor)).rejects.toMatchObject(fault);
    }
  });

  test("bans an actor, lists bans, lets it in again, and reads what was done", async () => {
    const acts = moderator("bans");
    const actor = "troll/ü";
    const { video } = await viewer("bans", actor);
    const options = { mode: "mute", forMs: 600_000, reason: "spam" } as const;
    expect(await acts.ban(actor, options)).toMatchObject({ actor, mode: "mute", reason: "spam" });
    const publish = () => video.publish("comment", { text: "hi" });
    await eventually(() =>
      publish().then(
        () => false,
        ({ code }) => code === "banned",
      ),
    );
    expect(await acts.bans({ limit: 5 })).toMatchObject([{ actor, mode: "mute", by: "moderator" }]);
    await acts.unban(actor);
    await expect.poll(() => acts.bans()).toEqual([]);
    await eventually(() =>
      publish().then(
        () => true,
        () => false,
      ),
    );
    await expect(acts.unban(actor)).rejects.toMatchObject({ code: "ban_not_found" });
    const [last, first] = await acts.acts({ limit: 2 });
    expect(last).toMatchObject({ act: "ban.delete", target: actor, by: "moderator" });
    expect(first).toMatchObject({ act: "ban.put", target: actor, why: "spam" });
    expect(await acts.acts({ before: last?.seq, limit: 1 })).toEqual([first]);
  });

  test("is told what is wrong with a request, and who may not send it", async () => {
    const negative = moderator("bad").setRules({ slowModeMs: -1 });
    await expect(negative).rejects.toMatchObject({ code: "field_invalid", field: "slowModeMs" });
    const { video } = await viewer("bad");
    await expect(video.moderate.unpin()).rejects.toMatchObject({ code: "forbidden", video: "bad" });
    // It is no promise.
    expect(await video.moderate).toBeDefined();
  });
});

describe("slow mode", () => {
  test("refuses an early comment at once, with how long to wait, and holds up nothing else", async () => {
    await moderator("slow").setRules({ slowModeMs: 3_600_000 });
    const { video } = await viewer("slow");
    const [first, second, like] = await Promise.allSettled([
      video.publish("comment", { text: "one" }),
      video.publish("comment", { text: "two" }),
      video.publish("like"),
    ]);
    expect([first.status, like.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(second).toMatchObject({ reason: { code: "rate_limited", field: "slowModeMs" } });
    const { retryAfterMs } = (second as PromiseRejectedResult).reason as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    // Listened to only now, it knows of what this client published before.
    video.canSendAt.onChange(() => undefined);
    const leftMs = () => (video.canSendAt.current ?? 0) - Date.now();
    await expect.poll(leftMs).toBeGreaterThan(3_500_000);
    await moderator("slow").setRules({ slowModeMs: 100 });
    await expect.poll(() => video.canSendAt.current).toBeUndefined();
  });
});
