import { describe, expect, test } from "vitest";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { Frame, type LoggedEvent, type Wire } from "./frame.ts";

const NO_TALLY = { transient: 0, durable: 0, latest: 0, state: 0 };

function eventsOf(count: number, data: unknown = { text: "hi" }): LoggedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "like",
    deliveryClass: "transient",
    position: index + 1,
    bytes: encodeMsgpack({ id: `id-${index}`, kind: "like", at: 1_700_000_000_000 + index, data }),
  }));
}

function frameOf(events: readonly LoggedEvent[], counts?: Record<string, number>): Frame {
  return new Frame("launch", events, counts, { ...NO_TALLY, transient: events.length }, "e:7");
}

function parsed(frame: Frame): unknown {
  return JSON.parse(frame.on("json").toString());
}

describe("every wire carries the same message", () => {
  test.each([0, 1, 15, 16, 10_000])("with %d events", (count) => {
    const frame = frameOf(eventsOf(count));
    const message = decodeTrustedMsgpack(frame.on("msgpack"));
    expect(message).toEqual(parsed(frame));
    expect(message).toMatchObject({ op: "events", video: "launch" });
    expect(message).toHaveProperty("events.length", count);
    expect(message).not.toHaveProperty("counts");
  });

  test("with counts", () => {
    const frame = frameOf(eventsOf(2), { like: 1_234_567, comment: 3 });
    expect(decodeTrustedMsgpack(frame.on("msgpack"))).toEqual(parsed(frame));
    expect(parsed(frame)).toMatchObject({ counts: { like: 1_234_567, comment: 3 } });
  });

  test("with text and numbers of every kind", () => {
    const data = {
      text: 'a "quoted"\nline\u2028 and 🎉',
      numbers: [0, -1, 1.5, 2 ** 53 - 1, -(2 ** 53 - 1), 1e300],
      nested: [[{ deep: null }], true, false, ""],
    };
    const frame = frameOf(eventsOf(1, data));
    expect(decodeTrustedMsgpack(frame.on("msgpack"))).toEqual(parsed(frame));
    expect(parsed(frame)).toMatchObject({ events: [{ data }] });
  });

  test("Server-Sent Events carry the JSON message as one data line after the id", () => {
    const frame = frameOf(eventsOf(2, "one\ntwo\r\nthree\rfour\n\ndata: five"));
    const text = frame.on("sse").toString();
    expect(text).toBe(`id: e:7\ndata: ${frame.on("json").toString()}\n\n`);
    expect(text.split(/\r\n|\r|\n/)).toHaveLength(4);
  });
});

test.each<Wire>(["msgpack", "json", "sse"])(
  "a frame is encoded once for %s: every viewer gets the same buffer",
  (wire) => {
    const frame = frameOf(eventsOf(3));
    expect(frame.on(wire)).toBe(frame.on(wire));
  },
);

test("a frame that represents more events than it holds says how many", () => {
  const tally = { transient: 40, durable: 2, latest: 1, state: 0 };
  const frame = new Frame("launch", eventsOf(10), { like: 40, comment: 2 }, tally, "e:7");
  expect(frame.sampledOut).toBe(33);
});
