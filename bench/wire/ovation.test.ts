import { expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { FIRST_PUBLISH_ID } from "./dialect.ts";
import { Interpreter } from "./interpreter.ts";
import { ovationDialect } from "./ovation.ts";

const dialect = ovationDialect("like");
const read = (value: unknown) => dialect.read(OPCODE.binary, encodeMsgpack(value));
const like = (number: number) => ({ id: `x${number}`, kind: "like", at: 1, data: [number, 10] });

test("likes are counted individually, or by `counts` if a message has them", () => {
  const others = [{ id: "v", kind: "viewers", at: 1, data: { viewers: 3 } }];
  expect(read({ op: "events", video: "v", events: [like(4), ...others, like(5)] })).toEqual({
    type: "received",
    count: 2,
    numbers: [4, 5],
    dueUs: [10, 10],
    links: [],
  });
  expect(
    read({ op: "events", video: "v", events: [like(6)], counts: { like: 250, comment: 2 } }),
  ).toMatchObject({ count: 250, numbers: [6] });
  expect(read({ op: "events", video: "v", events: [like(6)], counts: { comment: 2 } })).toEqual({
    type: "ignored",
  });
  expect(read({ op: "events", video: "v", events: others })).toEqual({ type: "ignored" });
});

test("durable events have their seq in the chain", () => {
  const event = {
    id: "c",
    kind: "comment",
    at: 1,
    data: { text: "text", stamp: [0, 5] },
    seq: 9,
    prev: 7,
  };
  expect(
    ovationDialect("comment").read(
      OPCODE.binary,
      encodeMsgpack({ op: "events", video: "v", events: [event] }),
    ),
  ).toMatchObject({ count: 1, numbers: [0], links: [{ seq: 9, prev: 7 }] });
});

test("answers are identified by their id", () => {
  expect(read({ op: "result", id: 1, gateway: "g" })).toEqual({ type: "ignored" });
  expect(read({ op: "result", id: 2 })).toEqual({ type: "subscribed" });
  expect(read({ op: "result", id: FIRST_PUBLISH_ID, eventId: "e" })).toEqual({
    type: "accepted",
    id: FIRST_PUBLISH_ID,
  });
  expect(read({ op: "error", id: 200, code: "unavailable", message: "m" })).toEqual({
    type: "refused",
    id: 200,
    code: "unavailable",
  });
});

test("the same bytes are decoded once, and never confused with others", () => {
  let reads = 0;
  const interpreter = new Interpreter({
    ...dialect,
    read: (opcode, payload) => {
      reads += 1;
      return dialect.read(opcode, payload);
    },
  });
  const messages = Array.from({ length: 50 }, (_, number) =>
    encodeMsgpack({ op: "events", video: "v", events: [like(number), like(999)] }),
  );
  for (let viewer = 0; viewer < 10; viewer += 1) {
    for (const [number, bytes] of messages.entries()) {
      const shared = Buffer.concat([Buffer.alloc(viewer), bytes, Buffer.alloc(3)]);
      const meaning = interpreter.read(OPCODE.binary, shared, viewer, viewer + bytes.length);
      expect(meaning).toMatchObject({ numbers: [number, 999] });
    }
  }
  // They end with the same bytes, so one evicts the other and each is decoded again, correctly.
  expect(reads).toBeGreaterThanOrEqual(50);
});
