/** Pinning an event, and deleting what an actor wrote on a video. */
import { describe, expect, test } from "vitest";
import {
  BACKEND,
  MODERATOR,
  moderate,
  moderatedStack,
  OTHER_MODERATOR,
  tokenFor,
} from "../support/moderation.ts";
import { connectTo } from "../support/nats-users.ts";
import { untilTotals } from "../support/totals.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const stack = useTestStack(moderatedStack({ gateways: 2, dispatchers: 2 }));

/** Publishes comments of an actor under these ids. */
async function comment(video: string, actor: string, ...ids: string[]): Promise<void> {
  const events = ids.map((id) => ({ kind: "comment", id, actor, data: { text: `I am ${id}` } }));
  const answer = await post(stack().gatewayAt(1).port, video, events, MODERATOR);
  expect(answer.status).toBe(200);
}

async function pin(video: string, id: string, gateway = 0) {
  return await moderate(stack().gatewayAt(gateway), "PUT", `${video}/pin`, { id });
}

/** What a viewer who comes gets as the state, at another gateway than those who are there. */
async function stateOf(video: string): Promise<unknown> {
  const newcomer = await TestSocket.connect(stack().gatewayAt(1).port, "json", MODERATOR);
  const { state } = await newcomer.ask("subscribe", { video });
  await newcomer.close();
  return state;
}

async function viewerOf(video: string): Promise<TestSocket> {
  const viewer = await TestSocket.connect(stack().gateway.port, "msgpack", MODERATOR);
  await viewer.ask("subscribe", { video });
  await stack().mirrored(video, 1);
  return viewer;
}

const UNKNOWN = { status: 404, body: { error: { code: "event_not_found", field: "id" } } };

describe("a pinned event", () => {
  test("is shown to those who are there and to those who come, until another one is, or none", async () => {
    const viewer = await viewerOf("pins");
    await comment("pins", "anna", "c1", "c2");
    const answer = await pin("pins", "c1");
    const [first] = viewer.of("pins", "comment");
    const { prev: _, ...c1 } = { prev: 0, ...first };
    expect(answer).toEqual({ status: 200, body: { video: "pins", pinned: c1 } });
    expect(c1).toMatchObject({ id: "c1", actor: "anna", data: { text: "I am c1" } });
    const shown = await viewer.until(() => viewer.of("pins", "pinned").at(0));
    expect(shown.data).toEqual(c1);
    // Who pinned it is nobody's business.
    expect(shown).not.toHaveProperty("actor");
    expect(await stateOf("pins")).toEqual({ pinned: c1 });
    expect((await pin("pins", "c2", 1)).status).toBe(200);
    expect(await stateOf("pins")).toMatchObject({ pinned: { id: "c2" } });
    for (const _again of [1, 2]) {
      const unpinned = await moderate(stack().gateway, "DELETE", "pins/pin");
      expect(unpinned).toEqual({ status: 200, body: { video: "pins" } });
    }
    expect(await stateOf("pins")).toEqual({});
    await viewer.until(() => viewer.of("pins", "pinned").at(-1)?.data === undefined);
    await viewer.close();
  });

  test("is unpinned when it is deleted, and no other one is", async () => {
    await comment("deleted", "anna", "c1", "c2");
    await pin("deleted", "c1");
    await moderate(stack().gatewayAt(1), "DELETE", "deleted/events/c2");
    expect(await stateOf("deleted")).toMatchObject({ pinned: { id: "c1" } });
    await moderate(stack().gatewayAt(1), "DELETE", "deleted/events/c1");
    expect(await stateOf("deleted")).toEqual({});
    expect(await pin("deleted", "c1")).toMatchObject(UNKNOWN);
  });

  test("is unpinned when its author is erased from all videos", async () => {
    await comment("erased", "leaver", "c1");
    await pin("erased", "c1");
    const url = `http://127.0.0.1:${stack().gateway.port}/v1/actors/leaver/events`;
    const headers = { authorization: `Bearer ${MODERATOR}` };
    expect((await fetch(url, { method: "DELETE", headers })).status).toBe(200);
    expect(await stateOf("erased")).toEqual({});
  });

  test("is never one that was deleted, however close the two requests are", async () => {
    for (let round = 0; round < 20; round += 1) {
      const video = `race-${round}`;
      await comment(video, "anna", "c1");
      const [pinned, deleted] = await Promise.all([
        pin(video, "c1", round),
        moderate(stack().gatewayAt(round + 1), "DELETE", `${video}/events/c1`),
      ]);
      expect([200, 404]).toContain(pinned.status);
      expect(deleted.status).toBe(200);
      expect(await stateOf(video)).toEqual({});
    }
  });

  test("can't be an event that isn't there, is not stored, or is Ovation's own", async () => {
    await comment("unknown", "anna", "c1");
    await post(stack().gateway.port, "unknown", { kind: "like", id: "like-1" }, MODERATOR);
    const { port } = stack().gateway;
    await fetch(`http://127.0.0.1:${port}/v1/videos/unknown/events/c1`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${MODERATOR}` },
    });
    for (const id of ["never", "like-1", "c1"])
      expect(await pin("unknown", id)).toMatchObject(UNKNOWN);
    for (const id of ["~made-by-ovation", "", "a b"]) {
      const invalid = { status: 400, body: { error: { code: "event_id_invalid", field: "id" } } };
      expect(await pin("unknown", id)).toMatchObject(invalid);
    }
    const missing = await moderate(stack().gateway, "PUT", "unknown/pin", {});
    expect(missing).toMatchObject({ status: 400, body: { error: { code: "field_invalid" } } });
  });

  test("is pinned by a service over NATS too", async () => {
    await comment("served", "anna", "c1");
    const service = await connectTo(stack().nats.url, "publisher");
    const request = JSON.stringify({ op: "pin.put", id: "c1", by: "a service" });
    const answer = await service.request("ov.command.served", request);
    expect(answer.json()).toMatchObject({ result: { pinned: { id: "c1", actor: "anna" } } });
    await service.close();
  });
});

describe("deleting all of an actor's events on a video", () => {
  test("leaves those of others and of other videos, tells every viewer, unpins, and lowers the total", async () => {
    const viewer = await viewerOf("talk");
    const actor = "troll/ü";
    await comment("talk", actor, "t1", "t2");
    await comment("talk", "anna", "a1");
    await comment("calm", actor, "t3");
    await pin("talk", "t2");
    const path = `talk/events?actor=${encodeURIComponent(actor)}`;
    const answer = await moderate(stack().gateway, "DELETE", path);
    expect(answer).toEqual({ status: 200, body: { video: "talk", events: 2 } });
    await viewer.until(() => viewer.of("talk", "retracted").length === 2);
    const retracted = viewer.of("talk", "retracted").map(({ data }) => (data as { id: string }).id);
    expect(retracted.toSorted()).toEqual(["t1", "t2"]);
    expect(await stateOf("talk")).toEqual({});
    expect(await idsIn("talk")).toEqual(["a1"]);
    expect(await idsIn("calm")).toEqual(["t3"]);
    await untilTotals(viewer, "talk", { comment: 1 });
    const again = await moderate(stack().gateway, "DELETE", path);
    expect(again.body).toEqual({ video: "talk", events: 0 });
    await viewer.close();
  });

  test("needs an actor, and the right to moderate the video", async () => {
    const { gateway } = stack();
    for (const query of ["", "?actor=", "?actor=%0a", `?actor=${"a".repeat(129)}`]) {
      const answer = await moderate(gateway, "DELETE", `talk/events${query}`);
      const invalid = { status: 400, body: { error: { code: "field_invalid", field: "actor" } } };
      expect(answer, query).toMatchObject(invalid);
    }
    const twice = await moderate(gateway, "DELETE", "talk/events?actor=a&actor=b");
    expect(twice.body["error"]).toMatchObject({ code: "field_invalid", field: "actor" });
    for (const key of [OTHER_MODERATOR, BACKEND, await tokenFor("anna")]) {
      for (const [method, path, body] of [
        ["DELETE", "talk/events?actor=anna", undefined],
        ["PUT", "talk/pin", { id: "a1" }],
        ["DELETE", "talk/pin", undefined],
      ] as const) {
        const answer = await moderate(gateway, method, path, body, key);
        expect(answer).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
      }
    }
  });
});

/** The ids of the comments in a video's history. */
async function idsIn(video: string): Promise<string[]> {
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/${video}/history`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${MODERATOR}` } });
  const { events } = (await answer.json()) as { events: { id: string }[] };
  return events.map(({ id }) => id);
}
