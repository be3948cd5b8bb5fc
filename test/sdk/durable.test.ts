/** Comments as an SDK application gets them: all, in order, once, or a notice that some are missing. */
import { afterEach, describe, expect, test } from "vitest";
import type { Missed, OvationEvent, Video, VideoOptions } from "../../sdk/index.ts";
import { expectContiguous } from "../support/chain.ts";
import { eventually } from "../support/eventually.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { Recorder } from "../support/recorder.ts";
import { type StackOptions, TestStack } from "../support/stack.ts";
import { post, watch } from "../support/viewer.ts";
import { client, listen, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;
let spawned: RoleProcess | undefined;

async function started(
  settings: NonNullable<StackOptions["dispatcher"]> = {},
  dispatchers = 2,
): Promise<void> {
  stack = await TestStack.start({
    gateways: 2,
    dispatchers,
    gateway: { ...settings, lingerMs: 0, historyCheckMs: 500 },
    dispatcher: settings,
  });
  network = await Network.start(stack.gatewayAt(0).port);
}

afterEach(async () => {
  await network?.stop();
  await spawned?.kill9();
  await stack?.stop();
});

/** Publishes comments `<prefix>1` and so on like a backend, with retries. Returns their seqs. */
async function comment(count: number, prefix = "c"): Promise<number[]> {
  const seqs: number[] = [];
  for (let n = 1; n <= count; n += 1) {
    const event = { kind: "comment", id: `${prefix}${n}`, data: { n } };
    await eventually(async () => {
      const { status, body } = await post(stack.gatewayAt(1).port, "launch", event);
      if (status === 200) seqs.push(...(body["seqs"] as number[]));
      // Errors that the table of errors says to retry with the same id.
      else expect(status, JSON.stringify(body)).toBeGreaterThan(502);
      return status === 200;
    });
  }
  return seqs;
}

const names = (count: number, prefix = "c") =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
const idsOf = (events: readonly OvationEvent[]) => events.map(({ id }) => id);

interface Heard {
  readonly comments: Recorder<OvationEvent>;
  readonly missed: Recorder<Missed>;
}

function hear(video: Video): Heard {
  const comments = new Recorder<OvationEvent>();
  const missed = new Recorder<Missed>();
  video.on("comment", comments.take);
  video.onMissed(missed.take);
  return { comments, missed };
}

/** A client that watches, and has received everything so far. */
async function watching(transport: "websocket" | "sse", options: VideoOptions = {}) {
  const ovation = client(network.url, { transport });
  const states = statesOf(ovation);
  const heard = hear(ovation.video("launch", options));
  const listening = listen(ovation, "launch");
  await listening.joined();
  return { ovation, states, ...heard };
}

const reconnected = (states: ReturnType<typeof statesOf>, times: number) =>
  states.until((all) => all.filter(({ name }) => name === "connected").length > times);

describe.each(["websocket", "sse"] as const)("over %s, a viewer", (transport) => {
  test("that joins gets the last comments, then live ones", async () => {
    await started();
    await comment(5);
    const { ovation, comments, missed } = await watching(transport, { history: 3 });
    await comments.until(({ length }) => length === 3);
    await comment(2, "d");
    await comments.until(({ length }) => length === 5);
    expect(idsOf(comments.all)).toEqual(["c3", "c4", "c5", "d1", "d2"]);
    // A later listener on the same connection gets the last ones too.
    const late = hear(ovation.video("launch", { history: 3 }));
    await late.comments.until(({ length }) => length === 3);
    await comment(1, "e");
    await late.comments.until(({ length }) => length === 4);
    expect(idsOf(late.comments.all)).toEqual(["c5", "d1", "d2", "e1"]);
    expect(missed.all).toEqual([]);
  });

  test("whose connection was lost gets what it missed, whichever gateway it reconnects to", async () => {
    await started();
    await comment(2);
    const { states, comments, missed } = await watching(transport, { history: 10 });
    await comments.until(({ length }) => length === 2);
    network.isDown = true;
    network.cut();
    await states.first(({ name }) => name === "reconnecting");
    await comment(200, "away-");
    network.port = stack.gatewayAt(1).port;
    network.isDown = false;
    await reconnected(states, 1);
    await comment(3, "d");
    await comments.until(({ length }) => length >= 205);
    expect(idsOf(comments.all)).toEqual([...names(2), ...names(200, "away-"), ...names(3, "d")]);
    expectContiguous(comments.all);
    expect(missed.all).toEqual([]);
  });

  test("whose gateway is killed while comments flow gets each once, in order", async () => {
    await started();
    spawned = await spawnRole("gateway", stack.nats.url);
    network.port = spawned.port;
    const { states, comments, missed } = await watching(transport);
    const publishing = comment(300);
    await comments.until(({ length }) => length > 20);
    await spawned.kill9();
    network.port = stack.gatewayAt(0).port;
    await reconnected(states, 1);
    await publishing;
    await comments.until(({ length }) => length >= 300);
    expect(idsOf(comments.all)).toEqual(names(300));
    expectContiguous(comments.all);
    expect(missed.all).toEqual([]);
  });

  test("that was away for too long is notified, and gets the last comments", async () => {
    await started({ historyEvents: 10 });
    const { states, comments, missed } = await watching(transport, { history: 3 });
    const [first] = await comment(1);
    await comments.until(({ length }) => length === 1);
    network.isDown = true;
    network.cut();
    const seqs = await comment(30, "away-");
    network.isDown = false;
    await reconnected(states, 1);
    expect(await missed.first(() => true)).toEqual({
      after: first,
      oldest: seqs[20],
      isNewHistory: false,
    });
    await comments.until(({ length }) => length === 4);
    await comment(1, "d");
    await comments.until(({ length }) => length === 5);
    expect(idsOf(comments.all)).toEqual(["c1", "away-28", "away-29", "away-30", "d1"]);
    expect(missed.all).toHaveLength(1);
  });

  test("of a recreated history is notified, and continues in the new one", async () => {
    await started({}, 1);
    const all = await watching(transport, { history: 5 });
    const plain = hear(all.ovation.video("launch"));
    await comment(3);
    await plain.comments.until(({ length }) => length === 3);
    await stack.nats.restart({ wipe: true });
    for (const { missed } of [all, plain]) {
      expect(await missed.first(() => true)).toMatchObject({ isNewHistory: true });
    }
    await comment(2, "d");
    for (const { comments } of [all, plain]) {
      await comments.until(({ length }) => length === 5);
      expect(idsOf(comments.all)).toEqual([...names(3), ...names(2, "d")]);
    }
    expect(idsOf(all.ovation.video("launch", { history: 5 }).recent)).toEqual(names(2, "d"));
    expect(all.missed.all).toHaveLength(1);
  });

  test("that requests no history continues in a new one too", async () => {
    await started({}, 1);
    const { comments, missed } = await watching(transport);
    await comment(3);
    await comments.until(({ length }) => length === 3);
    await stack.nats.restart({ wipe: true });
    expect(await missed.first(() => true)).toMatchObject({ isNewHistory: true });
    await comment(2, "d");
    await comments.until(({ length }) => length === 5);
  });

  test("gets the seq of its comment, which is stored once, however often it was sent", async () => {
    await started();
    const { ovation, comments } = await watching(transport);
    await comment(1);
    await comments.until(({ length }) => length === 1);
    const video = ovation.video("launch");
    network.answersNothing = true;
    const published = video.publish("comment", { text: "hello" });
    const onlooker = await watch("json", stack.gatewayAt(1).port, "launch", { last: 2 });
    await onlooker.until(() => onlooker.of("launch", "comment").length === 2);
    network.answersNothing = false;
    network.cut();
    const { eventId, seq } = await published;
    await comments.until(({ length }) => length === 2);
    expect(comments.all[1]).toMatchObject({ id: eventId, seq, data: { text: "hello" } });
    expect(idsOf((await video.readHistory()).events)).toEqual(["c1", eventId]);
  });

  test("reads history page by page", async () => {
    await started();
    const seqs = await comment(25);
    const video = client(network.url, { transport }).video("launch");
    const read: OvationEvent[] = [];
    let before: number | undefined;
    for (let more = true; more; ) {
      const page = await video.readHistory({
        limit: 10,
        ...(before === undefined ? {} : { before }),
      });
      read.unshift(...page.events);
      before = page.events[0]?.seq;
      more = page.more;
    }
    expect(read.map(({ seq }) => seq)).toEqual(seqs);
    await expect(video.readHistory({ limit: 0 })).rejects.toThrow(RangeError);
  });

  test("learns of a deleted comment, whether connected or away", async () => {
    await started();
    const { ovation, states, comments } = await watching(transport, { history: 5 });
    const retracted = new Recorder<{ readonly id: string }>();
    ovation.video("launch").on("retracted", ({ data }) => retracted.take(data));
    await comment(4);
    await comments.until(({ length }) => length === 4);
    const retract = async (id: string) => {
      const url = `http://127.0.0.1:${stack.gatewayAt(1).port}/v1/videos/launch/events/${id}`;
      expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
    };
    await retract("c2");
    await retracted.first(({ id }) => id === "c2");
    network.isDown = true;
    network.cut();
    await retract("c3");
    network.isDown = false;
    await reconnected(states, 1);
    await retracted.first(({ id }) => id === "c3");
    const { recent } = ovation.video("launch", { history: 5 });
    expect(idsOf(recent)).toEqual(["c1", "c4"]);
    await comment(1, "d");
    await comments.until(({ length }) => length === 5);
    expect(idsOf(comments.all)).toEqual([...names(4), "d1"]);
  });
});

test("a video that is left and watched again starts over, with its history", async () => {
  await started();
  await comment(3);
  const ovation = client(network.url);
  const first = new Recorder<OvationEvent>();
  const off = ovation.video("launch", { history: 2 }).on("comment", first.take);
  await first.until(({ length }) => length === 2);
  off();
  await eventually(() => ovation.video("launch", { history: 2 }).recent.length === 0);
  const again = hear(ovation.video("launch", { history: 2 }));
  await again.comments.until(({ length }) => length === 2);
  expect(idsOf(again.comments.all)).toEqual(["c2", "c3"]);
});
