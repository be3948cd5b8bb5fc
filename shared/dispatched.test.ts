import { describe, expect, test } from "vitest";
import { type DispatchedEvent, decodeDispatched, encodeDispatched } from "./dispatched.ts";
import { encodeMsgpack } from "./wire/codec.ts";

const bytes = encodeMsgpack({ id: "e1", kind: "like", at: 1 });
const EVENTS: readonly DispatchedEvent[] = [
  { kind: "like", deliveryClass: "transient", bytes },
  { kind: "comment", deliveryClass: "durable", bytes, givenId: "e1" },
  { kind: "viewers", deliveryClass: "latest", bytes },
];

/** Events with their bytes in a form that can be compared. */
function plain(events: readonly DispatchedEvent[] | undefined): unknown {
  return events?.map((event) => ({ ...event, bytes: Buffer.from(event.bytes).toString("hex") }));
}

test("events come out as they went in, byte for byte", () => {
  expect(plain(decodeDispatched(encodeDispatched(EVENTS)))).toEqual(plain(EVENTS));
  expect(decodeDispatched(encodeDispatched([]))).toEqual([]);
});

test("only an event whose publisher gave an id has one", () => {
  const decoded = decodeDispatched(encodeDispatched(EVENTS));
  expect(decoded?.map((event) => "givenId" in event)).toEqual([false, true, false]);
});

describe("from another version", () => {
  test("events of a class that isn't known are left out, the others stay", () => {
    const payload = encodeMsgpack([
      1,
      [
        ["like", 0, bytes],
        ["new", 7, bytes],
        ["comment", 1, bytes],
      ],
    ]);
    expect(decodeDispatched(payload)?.map(({ kind }) => kind)).toEqual(["like", "comment"]);
  });

  test("further fields of an event do no harm", () => {
    const payload = encodeMsgpack([1, [["like", 0, bytes, "id", { more: true }]]]);
    expect(decodeDispatched(payload)).toHaveLength(1);
  });

  test.each([
    ["another version", [2, []]],
    ["no list", { version: 1 }],
    ["no events", [1]],
    ["something else", "hello"],
  ])("%s is not read", (_, value) => {
    expect(decodeDispatched(encodeMsgpack(value))).toBeUndefined();
  });
});

test("a payload that isn't msgpack is not read, and does not throw", () => {
  for (const payload of [
    Buffer.alloc(0),
    Buffer.from([0xc1]),
    encodeDispatched(EVENTS).subarray(0, 20),
  ]) {
    expect(decodeDispatched(payload)).toBeUndefined();
  }
});

test.each([
  ["no list", 5],
  ["a kind that isn't text", [1, 0, bytes]],
  ["bytes that aren't", ["like", 0, "text"]],
  ["a class that isn't a number", ["like", "transient", bytes]],
])("an entry with %s is left out", (_, entry) => {
  expect(decodeDispatched(encodeMsgpack([1, [entry, ["like", 0, bytes]]]))).toHaveLength(1);
});
