import { describe, expect, test } from "vitest";
import {
  decodeFanoutMessage,
  encodeFanoutMessage,
  encodeHead,
  encodeSample,
  type FanoutEvent,
  withTimestamps,
} from "./fanout-message.ts";
import { decodeRecord, encodeRecord, NO_COUNTS } from "./history/record.ts";
import { encodeMsgpack } from "./wire/codec.ts";

const bytes = encodeMsgpack({ id: "e1", kind: "like", at: 1 });
const EVENTS: readonly FanoutEvent[] = [
  { kind: "like", deliveryClass: "transient", bytes },
  { kind: "wave", deliveryClass: "transient", bytes, repeatKey: "e1" },
  { kind: "viewers", deliveryClass: "latest", bytes },
];

/** Events with their bytes in a comparable form. */
function plain(events: readonly FanoutEvent[] | undefined): unknown {
  return events?.map((event) => ({ ...event, bytes: Buffer.from(event.bytes).toString("hex") }));
}

/** The events of a payload of that form; undefined for any other. */
function eventsOf(payload: Uint8Array): readonly FanoutEvent[] | undefined {
  const message = decodeFanoutMessage(payload);
  return message?.form === "events" ? message.events : undefined;
}

test("events decode to what was encoded, byte for byte", () => {
  expect(plain(eventsOf(encodeFanoutMessage(EVENTS)))).toEqual(plain(EVENTS));
  expect(eventsOf(encodeFanoutMessage([]))).toEqual([]);
});

test.each([0, 1, 3, 15, 16, 1_000])(
  "%i events with timestamps decode to what was encoded",
  (count) => {
    const stamps = { sentAt: 1_795_500_000_000.25, publishedAt: 1_795_500_000_000 };
    const events = Array.from({ length: count }, (_, index): FanoutEvent => {
      const size = [10, 255, 256, 70_000][index % 4] ?? 0;
      const event = { kind: "k".repeat(1 + (index % 32)), bytes: Buffer.alloc(size, index) };
      const deliveryClass = index % 2 === 0 ? "transient" : "latest";
      const repeatKey = "é".repeat(index % 200);
      return { ...event, deliveryClass, ...(index % 3 === 0 ? { repeatKey } : {}) };
    });
    const decoded = decodeFanoutMessage(encodeFanoutMessage(events, stamps));
    expect(decoded).toMatchObject({ form: "events", stamps });
    expect(plain(eventsOf(encodeFanoutMessage(events, stamps)))).toEqual(plain(events));
  },
);

test("a sample decodes to what was encoded, with the counts of the others", () => {
  const counted = [
    { kind: "like", variant: undefined, count: 900, repeatKeys: [] },
    { kind: "react", variant: "fire", count: 3, repeatKeys: ["e7 user", "e8 user"] },
  ];
  const stamps = { sentAt: 1_795_500_000_000.25, publishedAt: 1_795_500_000_000 };
  const decoded = decodeFanoutMessage(encodeSample(EVENTS, counted, stamps));
  expect(decoded).toMatchObject({ form: "events", counted, stamps });
  expect(plain(eventsOf(encodeSample(EVENTS, counted)))).toEqual(plain(EVENTS));
  const invalid = encodeMsgpack([5, [], [["like", null, 1, ["a", "b"]], ["like"], 7]]);
  expect(decodeFanoutMessage(invalid)).toMatchObject({ events: [], counted: [] });
});

test("the end of a chain decodes to what was encoded", () => {
  expect(decodeFanoutMessage(encodeHead(1_795_500_000_123_456))).toEqual({
    form: "head",
    seq: 1_795_500_000_123_456,
  });
});

test("a stored record is distinguished from the other forms", () => {
  const events = [{ kind: "comment", id: "e1", seq: 8, bytes: Uint8Array.of(1) }];
  const record = { prev: 7, last: 8, after: 3, events, amended: [], counts: NO_COUNTS };
  expect(decodeFanoutMessage(encodeRecord(record))).toEqual({ form: "record", record });
});

test("timestamps decode to what was encoded, and change nothing else", () => {
  const stamps = { sentAt: 1_795_500_000_000.25, publishedAt: 1_795_500_000_000 };
  const events = [{ kind: "comment", id: "e1", seq: 8, bytes: Uint8Array.of(1) }];
  const record = encodeRecord({
    prev: 7,
    last: 8,
    after: 3,
    events,
    amended: [],
    counts: NO_COUNTS,
  });
  for (const payload of [encodeFanoutMessage(EVENTS), record, encodeHead(7)]) {
    const before = Buffer.from(payload);
    expect(decodeFanoutMessage(withTimestamps(payload, stamps))).toEqual({
      ...decodeFanoutMessage(payload),
      stamps,
    });
    expect(payload.equals(before)).toBe(true);
    for (const [sentAt, publishedAt] of [
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ] as const) {
      const invalid = decodeFanoutMessage(withTimestamps(payload, { sentAt, publishedAt }));
      expect(invalid).toEqual(decodeFanoutMessage(payload));
    }
  }
});

test("a message of a trace names it, and its events are the same without it", () => {
  const trace = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    isSampled: true,
    state: "",
  };
  const traced = encodeFanoutMessage(EVENTS, undefined, trace);
  expect(decodeFanoutMessage(traced)).toMatchObject({ form: "events", trace });
  expect(plain(eventsOf(traced))).toEqual(plain(EVENTS));
  const events = [{ kind: "comment", id: "e1", seq: 8, bytes: Uint8Array.of(1) }];
  const record = { prev: 7, last: 8, after: 3, events, amended: [], counts: NO_COUNTS };
  expect(decodeFanoutMessage(encodeRecord(record, trace))).toEqual({
    form: "record",
    record,
    trace,
  });
  // A stored record has none, and an older reader accepts a message with one.
  expect(decodeRecord(encodeRecord(record, trace))).toEqual(record);
  const invalid = decodeFanoutMessage(encodeMsgpack([1, [["like", 0, bytes]], "00-invalid"]));
  expect(invalid).toMatchObject({ form: "events", events: [{ kind: "like" }], trace: undefined });
});

test("only an event whose publisher gave an id has one", () => {
  const decoded = eventsOf(encodeFanoutMessage(EVENTS));
  expect(decoded?.map((event) => "repeatKey" in event)).toEqual([false, true, false]);
});

describe("from another version", () => {
  test("events of an unknown class are left out, the others stay", () => {
    const payload = encodeMsgpack([
      1,
      [
        ["like", 0, bytes],
        ["new", 7, bytes],
        ["viewers", 1, bytes],
      ],
    ]);
    expect(eventsOf(payload)?.map(({ kind }) => kind)).toEqual(["like", "viewers"]);
  });

  test("further fields of an event are ignored", () => {
    const payload = encodeMsgpack([1, [["like", 0, bytes, "id", { more: true }]]]);
    expect(eventsOf(payload)).toHaveLength(1);
  });

  test.each([
    ["another version", [4, []]],
    ["a record without its chain", [2, []]],
    ["a head that isn't a number", [3, "end"]],
    ["no list", { version: 1 }],
    ["no events", [1]],
    ["something else", "hello"],
  ])("%s is not decoded", (_, value) => {
    expect(decodeFanoutMessage(encodeMsgpack(value))).toBeUndefined();
  });
});

test("a payload that isn't msgpack is not decoded, and does not throw", () => {
  for (const payload of [
    Buffer.alloc(0),
    Buffer.from([0xc1]),
    encodeFanoutMessage(EVENTS).subarray(0, 20),
  ]) {
    expect(decodeFanoutMessage(payload)).toBeUndefined();
  }
});

test.each([
  ["no list", 5],
  ["a kind that isn't text", [1, 0, bytes]],
  ["bytes that aren't", ["like", 0, "text"]],
  ["a class that isn't a number", ["like", "transient", bytes]],
])("an entry with %s is left out", (_, entry) => {
  expect(eventsOf(encodeMsgpack([1, [entry, ["like", 0, bytes]]]))).toHaveLength(1);
});
