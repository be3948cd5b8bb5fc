import { describe, expect, test } from "vitest";
import { EVENT_ID_PATTERN, EventIds, isGatewayId, isVideoId, newNodeId } from "./names.ts";

describe("a video id", () => {
  test.each(["a", "Launch-2024_final", "-", "_", "0", "x".repeat(128)])("%s is valid", (text) => {
    expect(isVideoId(text)).toBe(true);
  });

  test.each([
    "",
    "x".repeat(129),
    "*",
    ">",
    "a.b",
    ".",
    "..",
    "a b",
    "a/b",
    "a\n",
    "a\r\nPUB x 1",
    "a\0",
    "é",
    "🎉",
    "$JS",
  ])("%j is invalid: it could mean something else to NATS", (text) => {
    expect(isVideoId(text)).toBe(false);
  });
});

describe("a node id", () => {
  test("is a valid gateway id, and always of the same length", () => {
    for (let n = 0; n < 1_000; n += 1) {
      const id = newNodeId();
      expect(isGatewayId(id)).toBe(true);
      expect(id).toHaveLength(16);
    }
  });

  test("is unique", () => {
    expect(new Set(Array.from({ length: 1_000 }, newNodeId)).size).toBe(1_000);
  });

  test.each(["", "G1", "a.b", "*", "a-b", "a\n", "x".repeat(33)])(
    "%j is not a gateway id",
    (text) => {
      expect(isGatewayId(text)).toBe(false);
    },
  );
});

test("event ids have the form that publishers may give, and are unique across processes", () => {
  const makers = [new EventIds(), new EventIds()];
  const ids = makers.flatMap((maker) => Array.from({ length: 10_000 }, () => maker.next()));
  expect(new Set(ids).size).toBe(20_000);
  for (const id of ids) expect(id).toMatch(EVENT_ID_PATTERN);
});
