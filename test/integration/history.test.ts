/** What a viewer can rely on for the past: the comments that it missed, in order, each once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectContiguous, SilentDispatcher } from "../support/chain.ts";
import { eventually } from "../support/eventually.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TEST_WIRES, TestEventStream, TestSocket, watch } from "../support/viewer.ts";

/** More than the system's buffers hold for a viewer that doesn't read. */
const LARGE = { historyEvents: 10_000, historyBytes: 33_554_432 };
let stack: TestStack;
let silent: SilentDispatcher;

beforeAll(async () => {
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: { historyCheckMs: 500, lingerMs: 0, ...LARGE },
    dispatcher: LARGE,
  });
  silent = await SilentDispatcher.start(stack.nats.url);
});
afterAll(async () => {
  await silent?.stop();
  await stack?.stop();
});

/** Publishes comments `<prefix>1` and so on, one after the other; returns their seqs. */
/** The data of the first one. */
const FIRST = { n: 1 };

async function comment(video: string, count: number, prefix = "c"): Promise<number[]> {
  const seqs: number[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { status, body } = await post(stack.gatewayAt(n).port, video, {
      kind: "comment",
      id: `${prefix}${n}`,
      data: { n },
    });
    expect(status).toBe(200);
    seqs.push(...(body["seqs"] as number[]));
  }
  return seqs;
}

const names = (count: number, prefix = "c") =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);

async function page(video: string, query = ""): Promise<Readonly<Record<string, unknown>>> {
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${video}/history${query}`;
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

describe("publishing a durable event", () => {
  test("is answered with its seq, which rises, and viewers get it with seq and prev", async () => {
    const viewer = await watch("json", stack.gateway.port, "answers");
    const seqs = await comment("answers", 3);
    expect([...seqs].sort((a, b) => a - b)).toEqual(seqs);
    await viewer.until(() => viewer.of("answers", "comment").length === 3);
    const events = viewer.of("answers", "comment");
    expect(events.map(({ seq }) => seq)).toEqual(seqs);
    expect(events[0]?.prev).toBe(0);
    expectContiguous(events);
    await viewer.close();
  });

  test("again with the same id, through any gateway and wire, gets the same seq and stores nothing", async () => {
    const [seq] = await comment("again", 1);
    const socket = await TestSocket.connect(stack.gatewayAt(1).port, "msgpack");
    const fields = { video: "again", kind: "comment", eventId: "c1", data: FIRST };
    expect(await socket.ask("publish", fields)).toMatchObject({ eventId: "c1", seq });
    const twice = [
      { kind: "comment", id: "c1", data: FIRST },
      { kind: "like" },
      { kind: "comment", id: "c2" },
      { kind: "comment", id: "c2" },
    ];
    const { body } = await post(stack.gateway.port, "again", twice);
    const seqs = body["seqs"] as (number | null)[];
    expect(seqs.slice(0, 2)).toEqual([seq, null]);
    expect(seqs[2]).toBe(seqs[3]);
    expect(idsOf((await page("again"))["events"] as { id: string }[])).toEqual(["c1", "c2"]);
    await socket.close();
  });
});

describe.each(TEST_WIRES)("a viewer over %s that comes back", (wire) => {
  test("gets everything it missed, then live events, in order and once", async () => {
    const video = `back-${wire}`;
    const [first] = await comment(video, 5);
    const other = await watch("json", stack.gateway.port, video);
    const { epoch } = other.subscription;
    const past = { after: first ?? 0, epoch: String(epoch) };
    const viewer = await watch(wire, stack.gatewayAt(1).port, video, past);
    expect(viewer.subscription).toMatchObject({ recovered: true });
    await comment(video, 5, "d");
    await viewer.until(() => viewer.of(video, "comment").length === 9);
    const events = viewer.of(video, "comment");
    expect(idsOf(events)).toEqual([...names(5).slice(1), ...names(5, "d")]);
    expect(events[0]?.prev).toBe(first);
    expectContiguous(events);
    await Promise.all([viewer.close(), other.close()]);
  });

  test("and missed nothing gets nothing of the past", async () => {
    const video = `same-${wire}`;
    const seqs = await comment(video, 3);
    const { epoch } = (await page(video)) as { epoch: string };
    const past = { after: seqs[2] ?? 0, epoch };
    const viewer = await watch(wire, stack.gateway.port, video, past);
    expect(viewer.subscription).toMatchObject({ recovered: true, seq: seqs[2] });
    await comment(video, 1, "d");
    await viewer.until(() => viewer.of(video, "comment").length > 0);
    expect(idsOf(viewer.of(video, "comment"))).toEqual(["d1"]);
    await viewer.close();
  });

  test("with another history's epoch is not recovered, and gets the last ones if it asks for them", async () => {
    const video = `other-${wire}`;
    const seqs = await comment(video, 4);
    const past = { after: seqs[1] ?? 0, epoch: "another", last: 2 };
    const viewer = await watch(wire, stack.gateway.port, video, past);
    expect(viewer.subscription).toMatchObject({ recovered: false, oldest: seqs[0] });
    await viewer.until(() => viewer.of(video, "comment").length === 2);
    expect(idsOf(viewer.of(video, "comment"))).toEqual(["c3", "c4"]);
    await viewer.close();
  });

  test("and asks for the last few gets them first, in order", async () => {
    const video = `last-${wire}`;
    await comment(video, 5);
    const viewer = await watch(wire, stack.gateway.port, video, { last: 3 });
    await comment(video, 2, "d");
    await viewer.until(() => viewer.of(video, "comment").length === 5);
    expect(idsOf(viewer.of(video, "comment"))).toEqual(["c3", "c4", "c5", "d1", "d2"]);
    await viewer.close();
  });
});

describe("Last-Event-ID", () => {
  test("of a lost stream brings exactly what was missed", async () => {
    const lost = await TestEventStream.open(stack.gateway.port, "resumed");
    await comment("resumed", 3);
    await lost.until(() => lost.of("resumed", "comment").length === 3);
    const lastEventId = lost.ids.at(-1) ?? "";
    lost.close();
    await comment("resumed", 4, "d");
    const back = await TestEventStream.open(stack.gatewayAt(1).port, "resumed", { lastEventId });
    await back.until(() => back.of("resumed", "comment").length >= 4);
    expect(idsOf(back.of("resumed", "comment"))).toEqual(names(4, "d"));
    expect(back.messages[0]).toMatchObject({ op: "result", recovered: true });
    back.close();
  });

  test.each([
    ["that is very long", "x".repeat(2_000)],
    ["with a negative seq", "abc:-5"],
    ["with no seq", "abc:"],
    ["with a seq beyond exact integers", "abc:99999999999999999"],
    ["of characters beyond ASCII", "äöü:1"],
    ["of another server", "8f7e6d5c-1"],
    ["as printed by a language that read it as a float", "abc:1.790000000000001E15"],
    ["without its epoch", "1790000000000001"],
  ])("%s is not recovered, and the last events that it asks for follow", async (_, text) => {
    await comment("odd-id", 2);
    const lastEventId = Buffer.from(text).toString("latin1");
    const past = { lastEventId, query: "?last=1" };
    const stream = await TestEventStream.open(stack.gateway.port, "odd-id", past);
    expect(stream.messages[0]).toMatchObject({ op: "result", id: 0, recovered: false });
    expect(stream.messages[0]?.["oldest"]).toBeGreaterThan(0);
    await stream.until(() => stream.of("odd-id", "comment").length > 0);
    expect(idsOf(stream.of("odd-id", "comment"))).toEqual(["c2"]);
    // From here on it has a position that can be read.
    expect(stream.ids[0]).toMatch(/^[a-z0-9]+:\d+$/);
    stream.close();
  });
});

describe("a thousand viewers that come back at once", () => {
  test("cause one read of the history, and each gets everything", async () => {
    const VIEWERS = 1_000;
    const seqs = await comment("storm", 30);
    const { epoch } = (await page("storm")) as { epoch: string };
    const sockets = await Promise.all(
      Array.from({ length: VIEWERS }, () => TestSocket.connect(stack.gateway.port, "msgpack")),
    );
    const reads = () => metric(stack.gateway, 'ovation_gateway_history_reads_total{what="whole"}');
    const before = await reads();
    const after = seqs[9] ?? 0;
    const answers = await Promise.all(
      sockets.map((socket) => socket.ask("subscribe", { video: "storm", after, epoch })),
    );
    expect(answers.every(({ recovered }) => recovered === true)).toBe(true);
    await comment("storm", 3, "d");
    const expected = [...names(30).slice(10), ...names(3, "d")];
    for (const socket of sockets) {
      await socket.until(() => socket.of("storm", "comment").length >= expected.length);
      expect(idsOf(socket.of("storm", "comment"))).toEqual(expected);
    }
    expect(await reads()).toBe(before + 1);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

describe("a gap", () => {
  test("is filled before what follows it is delivered", async () => {
    const viewer = await watch("json", stack.gateway.port, "gap");
    await comment("gap", 1);
    await silent.store("gap", "lost-1");
    await silent.store("gap", "lost-2");
    await comment("gap", 1, "d");
    await viewer.until(() => viewer.of("gap", "comment").length === 4);
    expect(idsOf(viewer.of("gap", "comment"))).toEqual(["c1", "lost-1", "lost-2", "d1"]);
    expectContiguous(viewer.of("gap", "comment"));
    await viewer.close();
  });

  test("at the end, with nothing after it, is found too", async () => {
    const viewer = await watch("json", stack.gateway.port, "tail");
    await comment("tail", 1);
    await silent.store("tail", "lost");
    await viewer.until(() => viewer.of("tail", "comment").length === 2);
    expect(idsOf(viewer.of("tail", "comment"))).toEqual(["c1", "lost"]);
    await viewer.close();
  });

  test("at the end is found at once when the publisher retries the event", async () => {
    const viewer = await watch("json", stack.gateway.port, "repeated");
    await comment("repeated", 1);
    const seq = await silent.store("repeated", "lost");
    const { body } = await post(stack.gateway.port, "repeated", { kind: "comment", id: "lost" });
    expect(body).toEqual({ accepted: ["lost"], seqs: [seq] });
    await viewer.until(() => viewer.of("repeated", "comment").length === 2);
    await viewer.close();
  });
});

describe("paging backwards", () => {
  test("returns every comment once, whether or not the video is watched at that gateway", async () => {
    await comment("pages", 25);
    for (const isWatched of [false, true]) {
      const viewer = isWatched ? await watch("json", stack.gateway.port, "pages") : undefined;
      const seen: { id: string; seq: number }[] = [];
      for (let more = true; more; ) {
        const before = seen[0] === undefined ? "" : `&before=${seen[0].seq}`;
        const answer = await page("pages", `?limit=10${before}`);
        seen.unshift(...(answer["events"] as typeof seen));
        more = answer["more"] as boolean;
      }
      expect(idsOf(seen)).toEqual(names(25));
      await viewer?.close();
    }
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["before=-1", "before"],
    ["before=1.5", "before"],
    ["before=99999999999999999", "before"],
  ])("%s is refused, and the error names the field", async (query, field) => {
    expect(await page("pages", `?${query}`)).toMatchObject({
      error: { code: "field_invalid", field },
    });
  });
});

describe("deleting a comment", () => {
  const retract = async (video: string, id: string) => {
    const url = `http://127.0.0.1:${stack.gatewayAt(1).port}/v1/videos/${video}/events/${id}`;
    const response = await fetch(url, { method: "DELETE" });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test("notifies viewers and those who come back, and nobody gets it any more", async () => {
    const viewer = await watch("json", stack.gateway.port, "moderated");
    const { epoch } = viewer.subscription;
    const seqs = await comment("moderated", 4);
    const { status, body } = await retract("moderated", "c3");
    expect(status).toBe(200);
    expect(body).toEqual({ retracted: "c3", seq: expect.any(Number) });
    await viewer.until(() => viewer.of("moderated", "retracted").length === 1);
    expect(viewer.of("moderated", "retracted")[0]).toMatchObject({
      seq: body["seq"],
      data: { id: "c3", seq: seqs[2] },
    });
    const ids = async () => idsOf((await page("moderated"))["events"] as { id: string }[]);
    expect(await ids()).toEqual(["c1", "c2", "c4"]);
    for (const gateway of stack.gateways) {
      const fresh = await watch("json", gateway.port, "moderated", { last: 10 });
      const knows = { after: seqs[3] ?? 0, epoch: String(epoch) };
      const back = await watch("json", gateway.port, "moderated", knows);
      const never = { after: seqs[0] ?? 0, epoch: String(epoch) };
      const early = await watch("json", gateway.port, "moderated", never);
      await back.until(() => back.of("moderated", "retracted").length === 1);
      await fresh.until(() => fresh.of("moderated", "comment").length === 3);
      await early.until(() => early.of("moderated", "comment").length === 2);
      expect(idsOf(fresh.of("moderated", "comment"))).toEqual(["c1", "c2", "c4"]);
      expect(fresh.of("moderated", "retracted")).toEqual([]);
      expect(idsOf(early.of("moderated", "comment"))).toEqual(["c2", "c4"]);
      await Promise.all([fresh.close(), back.close(), early.close()]);
    }
    // A viewer can resume from the seq of a deleted comment.
    const gone = { after: seqs[2] ?? 0, epoch: String(epoch) };
    const was = await watch("json", stack.gateway.port, "moderated", gone);
    expect(was.subscription).toMatchObject({ recovered: true });
    expect(await retract("moderated", "c3")).toEqual({ status, body });
    expect((await retract("moderated", "c9")).body).toMatchObject({
      error: { code: "event_not_found" },
    });
    expect((await retract("moderated", "a~b")).body).toMatchObject({
      error: { code: "event_id_invalid", field: "id" },
    });
    await Promise.all([viewer.close(), was.close()]);
  });
});

describe("a viewer that reads too slowly", () => {
  test("still gets every comment, in order, once it reads", async () => {
    const slow = await TestSocket.connect(stack.gateway.port, "json");
    await slow.ask("subscribe", { video: "slow" });
    slow.socket.pause();
    const text = "x".repeat(3_500);
    const expected: string[] = [];
    // More than the buffers of the system and the gateway hold.
    for (let batch = 0; batch < 50; batch += 1) {
      const events = Array.from({ length: 60 }, (_, n) => {
        expected.push(`b${batch}-${n}`);
        return { kind: "comment", id: `b${batch}-${n}`, data: text };
      });
      const likes = Array.from({ length: 500 }, () => ({
        kind: "like",
        data: text.slice(0, 1_000),
      }));
      expect((await post(stack.gateway.port, "slow", events)).status).toBe(200);
      expect((await post(stack.gatewayAt(1).port, "slow", likes)).status).toBe(200);
    }
    const dropped = 'ovation_gateway_events_dropped_total{class="durable",reason="buffer_full"}';
    await eventually(async () => (await metric(stack.gateway, dropped)) > 0);
    slow.socket.resume();
    await slow.until(() => slow.total("slow", "like") >= 25_000);
    await slow.until(() => slow.of("slow", "comment").length >= expected.length);
    expect(idsOf(slow.of("slow", "comment"))).toEqual(expected);
    expectContiguous(slow.of("slow", "comment"));
    expect(slow.messages.filter(({ op }) => op === "reset")).toEqual([]);
    await slow.close();
  });
});
