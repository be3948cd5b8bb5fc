/** Erasing what is kept of a video, or of an actor on all videos. */
import { describe, expect, test } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { idsOf, names, stored, untilReset } from "../support/guarantee-stack.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { openPoll, untilTally, vote } from "../support/polls.ts";
import { untilTotals } from "../support/totals.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, watch } from "../support/viewer.ts";

const KINDS = {
  kinds: [
    { name: "comment", deliveryClass: "durable" },
    { name: "like", deliveryClass: "transient" },
    { name: "vote", deliveryClass: "vote" },
    { name: "score", deliveryClass: "state" },
    { name: "banner", deliveryClass: "state" },
  ],
} as const;
const stack = useTestStack({ gateways: 2, dispatchers: 2, gateway: KINDS, dispatcher: KINDS });

async function erase(path: string, gateway = 1) {
  const url = `http://127.0.0.1:${stack().gatewayAt(gateway).port}/v1${path}`;
  const response = await fetch(url, { method: "DELETE" });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function comment(video: string, ids: readonly string[]): Promise<void> {
  const events = ids.map((id) => ({ kind: "comment", id, data: { text: "Hello" } }));
  const { status, body } = await post(stack().gateway.port, video, events);
  expect({ status, body }).toMatchObject({ status: 200, body: { accepted: ids } });
}

/** All that the history's stream holds of a video, as text. */
async function bytesOf(video: string): Promise<string> {
  const servers = [natsUrlAs("dispatcher", stack().nats.url)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "reader", log: silentLog });
  try {
    const stream = new HistoryStream(bus, configFor("dispatcher"));
    const messages = await stream.read(video);
    return messages.map(({ payload }) => Buffer.from(payload).toString("latin1")).join("");
  } finally {
    await bus.stop();
  }
}

describe("a video that is erased", () => {
  test("has no history and no state any more, its viewers are told, and it can begin anew", async () => {
    const viewer = await watch("json", stack().gateway.port, "gone");
    await stack().mirrored("gone", 1);
    await comment("gone", names("c", 20));
    await post(stack().gateway.port, "gone", { kind: "score", data: { home: 1 } });
    await fetch(`http://127.0.0.1:${stack().gateway.port}/v1/videos/gone/end`, { method: "PUT" });
    await viewer.until(() => viewer.of("gone", "comment").length === 20);
    expect(await erase("/videos/gone")).toEqual({
      status: 200,
      body: { video: "gone", events: 20 },
    });
    await untilReset(viewer);
    await viewer.until(() => viewer.of("gone", "score").at(-1)?.data === undefined);
    for (const gateway of stack().gateways) expect(await stored(gateway, "gone")).toEqual([]);
    expect(await bytesOf("gone")).not.toMatch(/c-1/);
    const newcomer = await watch("msgpack", stack().gatewayAt(1).port, "gone");
    expect(newcomer.subscription["state"]).toEqual({});
    expect(await erase("/videos/gone")).toMatchObject({ body: { events: 0 } });
    await comment("gone", ["anew"]);
    await viewer.until(() => idsOf(viewer.of("gone", "comment")).includes("anew"));
    expect(await stored(stack().gatewayAt(1), "gone")).toEqual(["anew"]);
    viewer.close();
    newcomer.close();
  });

  test("may be one of which nothing is kept", async () => {
    expect(await erase("/videos/never")).toEqual({
      status: 200,
      body: { video: "never", events: 0 },
    });
  });
});

describe("an actor who is erased", () => {
  test("has nothing left on any video, viewers are told of each event, and others keep theirs", async () => {
    const viewer = await watch("msgpack", stack().gateway.port, "talk-1");
    await stack().mirrored("talk-1", 1);
    const actors = ["anna/ü", "ben"];
    for (const video of names("talk", 3)) {
      const comments = names("c", 10).flatMap((id) =>
        actors.map((actor) => ({
          kind: "comment",
          id: `${actor.slice(0, 3)}-${id}`,
          actor,
          data: { text: "Hello" },
        })),
      );
      await post(stack().gateway.port, video, comments);
      await post(stack().gateway.port, video, { kind: "score", actor: "anna/ü", data: 1 });
      await post(stack().gateway.port, video, { kind: "banner", actor: "ben", data: 2 });
    }
    const path = `/actors/${encodeURIComponent("anna/ü")}/events`;
    expect(await erase(path)).toEqual({
      status: 200,
      body: { actor: "anna/ü", events: 30, values: 3 },
    });
    await viewer.until(() => viewer.of("talk-1", "retracted").length === 10);
    for (const video of names("talk", 3)) {
      expect(await bytesOf(video)).not.toMatch(/anna/);
      for (const gateway of stack().gateways) {
        expect(await stored(gateway, video)).toEqual(names("ben-c", 10));
      }
      const newcomer = await watch("json", stack().gatewayAt(1).port, video);
      expect(newcomer.subscription["state"]).toEqual({ banner: 2 });
      newcomer.close();
    }
    expect(await erase(path)).toMatchObject({ status: 200, body: { events: 0, values: 0 } });
    expect(await erase("/actors/%E0/events")).toMatchObject({
      status: 400,
      body: { error: { code: "field_invalid", field: "actor" } },
    });
    viewer.close();
  });
});

/** Sends likes in requests of their own, so that each dispatcher takes some. */
async function like(video: string, count: number): Promise<void> {
  const gateways = stack().gateways;
  for (let sent = 0; sent < count; sent += 1) {
    const port = gateways[sent % gateways.length]?.port ?? 0;
    expect(await post(port, video, { kind: "like" })).toMatchObject({ status: 200 });
  }
}

/** All likes in a video's timeline since this moment. */
async function likesSince(video: string, from: number): Promise<number> {
  const query = `from=${from}&to=${Date.now() + 1}&step=10000`;
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/${video}/timeline?${query}`;
  const { points } = (await (await fetch(url)).json()) as {
    points: { counts: Record<string, number> }[];
  };
  return points.reduce((sum, { counts }) => sum + (counts["like"] ?? 0), 0);
}

describe("the numbers of a video that is erased", () => {
  test("start from zero again at each gateway and dispatcher, and its polls and votes are gone", async () => {
    const since = Date.now();
    const video = "again";
    const viewers = [
      await watch("json", stack().gatewayAt(0).port, video),
      await watch("msgpack", stack().gatewayAt(1).port, video),
    ];
    await stack().mirrored(video, viewers.length);
    await openPoll(stack().gateway, video);
    const voters = names("voter", 20);
    for (const voter of voters)
      expect(await vote(stack().gateway, video, voter, 1)).toBe("counted");
    await comment(video, names("c", 3));
    await like(video, 40);
    for (const viewer of viewers) await untilTotals(viewer, video, { comment: 3, like: 40 });
    await untilTally(viewers, video, [0, 20, 0]);
    // These are not stored yet when the video is erased.
    await like(video, 20);

    expect(await erase("/videos/again")).toMatchObject({ status: 200, body: { events: 3 } });
    for (const viewer of viewers) {
      await untilTotals(viewer, video, {});
      await viewer.until(() => viewer.of(video, "polls").at(-1)?.data === undefined);
    }
    for (const voter of voters) {
      expect(await vote(stack().gateway, video, voter, 2)).toBe("poll_unknown");
    }
    await like(video, 10);
    await comment(video, ["anew"]);
    for (const viewer of viewers) await untilTotals(viewer, video, { comment: 1, like: 10 });
    // Everybody may vote again.
    await openPoll(stack().gateway, video);
    for (const voter of voters)
      expect(await vote(stack().gateway, video, voter, 2)).toBe("counted");
    await untilTally(viewers, video, [0, 0, 20]);
    const newcomer = await watch("json", stack().gatewayAt(1).port, video);
    expect(newcomer.subscription["totals"]).toEqual({ comment: 1, like: 10 });
    for (const viewer of [...viewers, newcomer]) viewer.close();

    // Whatever a dispatcher has not stored yet, it stores when it stops.
    const [first, second] = stack().dispatchers;
    await stack().addDispatcher();
    await Promise.all([first?.drain(), second?.drain()]);
    await eventually(async () => (await likesSince(video, since)) >= 10);
    expect(await likesSince(video, since)).toBe(10);
  });
});
