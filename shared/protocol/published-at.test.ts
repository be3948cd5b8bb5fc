import { expect, test } from "vitest";
import { eventInputSchema } from "./events.ts";
import { publishedAt, publishedAtOf } from "./published-at.ts";

const like = { kind: "like" };

test.each([
  ["an event", like],
  ["a list", [like, { kind: "comment", id: "c1" }]],
])("the time on %s can be read back", (_, request) => {
  expect(publishedAtOf(publishedAt(request, 1_795_500_000_000.25))).toBe(1_795_500_000_000.25);
});

test("an event with its time is otherwise the same event", () => {
  expect(eventInputSchema.parse(publishedAt(like, 5))).toEqual(like);
  expect(like).toEqual({ kind: "like" });
});

test.each([undefined, null, 7, "x", [], [null], {}, { publishedAt: "7" }, { publishedAt: NaN }])(
  "%j has none",
  (value) => {
    expect(publishedAtOf(value)).toBeUndefined();
  },
);
