/** What a viewer can rely on while nothing fails: every event of its videos, once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TEST_WIRES, type TestEventStream, TestSocket, watch } from "../support/viewer.ts";

describe("three gateways and two dispatchers", () => {
  const VIDEOS = ["launch", "keynote", "encore"];
  const EVENTS = 10_000;
  const DISPATCHERS = 2;
  const COUNT_INTERVAL_MS = 1_000;
  const PATIENCE_MS = 60_000;
  let stack: TestStack;
  let bus: Bus;

  beforeAll(async () => {
    stack = await TestStack.start({
      gateways: 3,
      dispatchers: DISPATCHERS,
      // The test needs every event, not a sample: frames may be as large as necessary.
      gateway: { frameEvents: 10_000, viewerBufferBytes: 8_388_608 },
      dispatcher: { countIntervalMs: COUNT_INTERVAL_MS },
    });
    bus = await Bus.connect({
      servers: [natsUrlAs("publisher", stack.nats.url)],
      inbox: "publisher",
      name: "test-service",
      log: silentLog,
    });
  });
  afterAll(async () => {
    await bus?.stop();
    await stack?.stop();
  });

  test("each viewer gets exactly the events of its videos, once, over every wire and every way of publishing", async () => {
    const viewers = await Promise.all(
      VIDEOS.flatMap((video) =>
        TEST_WIRES.flatMap((wire) =>
          [0, 1, 2].map(async (index) => ({
            video,
            inbox: await watch(wire, stack.gatewayAt(index).port, video),
          })),
        ),
      ),
    );
    await Promise.all(VIDEOS.map((video) => stack.mirrored(video, 9)));
    const publisher = await TestSocket.connect(stack.gatewayAt(1).port, "msgpack");
    const ways = [
      async (video: string, n: number) => {
        const { body } = await post(stack.gatewayAt(n).port, video, { kind: "like", data: n });
        return body["accepted"];
      },
      async (video: string, n: number) => {
        const answer = await publisher.ask("publish", { video, kind: "like", data: n });
        return [answer["eventId"]];
      },
      async (video: string, n: number) => {
        const request = encodeMsgpack({ kind: "like", data: n });
        const reply = await bus.request(publishSubject(video), request, PATIENCE_MS);
        return (decodeTrustedMsgpack(reply) as { accepted: string[] }).accepted;
      },
    ];
    const accepted = new Map<string, Set<unknown>>(VIDEOS.map((video) => [video, new Set()]));
    const publish = async (n: number) => {
      const video = VIDEOS[n % VIDEOS.length] ?? "";
      const ids = await ways[Math.floor(n / VIDEOS.length) % ways.length]?.(video, n);
      for (const id of Array.isArray(ids) ? ids : []) accepted.get(video)?.add(id);
    };
    for (let from = 0; from < EVENTS; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => publish(from + index)));
    }
    const published = [...accepted.values()].reduce((sum, ids) => sum + ids.size, 0);
    expect(published).toBe(EVENTS);

    for (const { video, inbox } of viewers) {
      const expected = accepted.get(video) ?? new Set();
      await inbox.until(() => inbox.of(video, "like").length >= expected.size);
      const ids = inbox.of(video, "like").map(({ id }) => id);
      expect(ids.length).toBe(expected.size);
      expect(new Set(ids)).toEqual(expected);
      expect([...inbox.events.keys()]).toEqual([video]);
    }
    await Promise.all(viewers.map(({ inbox }) => inbox.close()));
    await publisher.close();
  });

  test("a retry with the same event id is shown once", async () => {
    const viewer = await watch("json", stack.gatewayAt(0).port, "retry");
    await stack.mirrored("retry", 1);
    for (const gateway of stack.gateways) {
      const { body } = await post(gateway.port, "retry", { kind: "like", id: "same" });
      expect(body).toEqual({ accepted: ["same"] });
    }
    await post(stack.gateway.port, "retry", { kind: "like", id: "last" });
    await viewer.until(() => viewer.of("retry", "like").some(({ id }) => id === "last"));
    expect(viewer.of("retry", "like").map(({ id }) => id)).toEqual(["same", "last"]);
    await viewer.close();
  });

  test("one connection watches many videos, and gets nothing of one that it left", async () => {
    const viewer = await TestSocket.connect(stack.gateway.port);
    await viewer.ask("subscribe", { video: "first" });
    await viewer.ask("subscribe", { video: "second" });
    await Promise.all([stack.mirrored("first", 1), stack.mirrored("second", 1)]);
    await post(stack.gatewayAt(1).port, "first", { kind: "like" });
    await viewer.until(() => viewer.of("first", "like").length === 1);
    expect(await viewer.ask("unsubscribe", { video: "first" })).toMatchObject({ op: "result" });
    await post(stack.gatewayAt(1).port, "first", { kind: "like" });
    await post(stack.gatewayAt(1).port, "second", { kind: "like" });
    await viewer.until(() => viewer.of("second", "like").length === 1);
    expect(viewer.of("first", "like")).toHaveLength(1);
    await viewer.close();
  });

  test("a batch of 1,000 events over HTTP arrives complete and in order", async () => {
    const viewer = await watch("msgpack", stack.gatewayAt(2).port, "batch");
    await stack.mirrored("batch", 1);
    const batch = Array.from({ length: 1_000 }, (_, n) => ({ kind: "comment", data: { n } }));
    const { status, body } = await post(stack.gateway.port, "batch", batch);
    expect(status).toBe(200);
    await viewer.until(() => viewer.of("batch", "comment").length >= 1_000);
    expect(viewer.of("batch", "comment").map(({ id }) => id)).toEqual(body["accepted"]);
    await viewer.close();
  });

  test("a batch that is larger than a NATS message arrives complete and in order", async () => {
    const viewer = await watch("msgpack", stack.gatewayAt(1).port, "large");
    await stack.mirrored("large", 1);
    const text = "x".repeat(4_000);
    const batch = Array.from({ length: 250 }, (_, n) => ({ kind: "comment", data: { n, text } }));
    const { body } = await post(stack.gateway.port, "large", batch);
    await viewer.until(() => viewer.of("large", "comment").length >= 250);
    expect(viewer.of("large", "comment").map(({ id }) => id)).toEqual(body["accepted"]);
    await viewer.close();
  });

  test("a service on the bus may publish JSON, and gets a typed error for a refused event", async () => {
    const ask = async (video: string, text: string) => {
      const reply = await bus.request(publishSubject(video), Buffer.from(text), PATIENCE_MS);
      return JSON.parse(Buffer.from(reply).toString());
    };
    expect(await ask("bus", '{"kind":"like","id":"mine"}')).toEqual({ accepted: ["mine"] });
    expect(await ask("bus", '[{"kind":"like"},{"kind":"nope"}]')).toMatchObject({
      error: { code: "kind_unknown", field: "events[1].kind" },
    });
    expect(await ask("bus", "{")).toMatchObject({ error: { code: "body_malformed" } });
    expect(await ask("a~b", '{"kind":"like"}')).toMatchObject({ error: { code: "video_invalid" } });
  });

  test("viewers get the number of viewers over all gateways, and every change of it", async () => {
    const countOf = (inbox: TestSocket | TestEventStream) =>
      (inbox.of("crowd", "viewers").at(-1)?.data as { viewers: number } | undefined)?.viewers;
    const viewers = await Promise.all(
      [0, 1, 2].map((index) => watch("json", stack.gatewayAt(index).port, "crowd")),
    );
    for (const viewer of viewers) await viewer.until(() => countOf(viewer) === 3);
    const late = await watch("sse", stack.gatewayAt(0).port, "crowd");
    // The known count arrives at once, without waiting for the next change.
    expect(countOf(late)).toBe(3);
    await late.until(() => countOf(late) === 4);
    await viewers[1]?.close();
    await viewers[2]?.close();
    await late.close();
  });

  test("viewer counts are sent at most once per video and interval", async () => {
    const began = performance.now();
    const viewer = await watch("json", stack.gateway.port, "calm");
    const crowd: (TestSocket | TestEventStream)[] = [];
    for (let n = 1; n <= 12; n += 1)
      crowd.push(await watch("json", stack.gatewayAt(n).port, "calm"));
    const last = () => viewer.of("calm", "viewers").at(-1)?.data;
    await viewer.until(() => (last() as { viewers: number } | undefined)?.viewers === 13);
    const times = viewer.of("calm", "viewers").length;
    const intervals = 1 + Math.floor((performance.now() - began) / COUNT_INTERVAL_MS);
    // Thirteen changes came almost at once; each dispatcher sent far fewer counts.
    expect(times).toBeLessThanOrEqual(DISPATCHERS * intervals);
    await Promise.all([viewer, ...crowd].map((one) => one.close()));
  });

  test("a video's subscription and row linger a little after its last viewer left, and no longer", async () => {
    const gateway = await stack.addGateway({ lingerMs: 100 });
    const viewer = await watch("json", gateway.port, "linger");
    await stack.mirrored("linger", 1);
    expect(await metric(gateway, "ovation_gateway_table_rows")).toBe(1);
    await viewer.close();
    await stack.mirrored("linger", 0);
    expect(await metric(gateway, "ovation_gateway_videos")).toBe(0);
    expect(stack.dispatchers.every(({ routes }) => routes.subjects("linger").length === 0)).toBe(
      true,
    );
  });
});
