import { describe, expect, test } from "vitest";
import { KindTable } from "../kinds.ts";
import type { RoomRules } from "./room-rules.ts";
import { requireByRules } from "./rule-refusal.ts";

const kinds = new KindTable([
  { name: "comment", deliveryClass: "durable" },
  { name: "like", deliveryClass: "transient" },
]);

function refusal(rules: RoomRules, data: unknown, kind = "comment"): unknown {
  try {
    requireByRules(rules, kinds, { kind, data });
    return undefined;
  } catch (error) {
    const { code, field, limit } = error as Record<string, unknown>;
    return limit === undefined ? [code, field] : [code, field, limit];
  }
}

describe("the rules of a room", () => {
  test("close the kinds that they name, of any class", () => {
    const rules = { closed: ["like"] };
    expect(refusal(rules, undefined, "like")).toEqual(["closed_kind", "kind"]);
    expect(refusal(rules, { text: "hi" })).toBeUndefined();
  });

  test("limit the characters of a text, as people count them", () => {
    const rules = { maxLength: 3 };
    const tooLong = ["text_too_long", "data.text", 3];
    expect(refusal(rules, { text: "👍👍👍" })).toBeUndefined();
    expect(refusal(rules, { text: "👍👍👍👍" })).toEqual(tooLong);
    expect(refusal(rules, { text: "abcd" })).toEqual(tooLong);
    expect(refusal(rules, { text: "a".repeat(10_000) })).toEqual(tooLong);
    expect(refusal(rules, "abcd")).toEqual(["text_too_long", "data", 3]);
  });

  test.each(["👍🏽 👨‍👩‍👧‍👦", "🇩🇪", "❤️❤", "1️⃣", " ", ""])(
    "allow %j where only emoji are allowed",
    (text) => {
      expect(refusal({ emojiOnly: true }, { text })).toBeUndefined();
    },
  );

  test.each(["a👍", "1", "👍.", "‍", "#"])("refuse %j where only emoji are allowed", (text) => {
    expect(refusal({ emojiOnly: true }, { text })).toEqual(["emoji_only", "data.text"]);
  });

  test("don't concern the text of a kind that isn't durable, or an event without text", () => {
    const rules = { maxLength: 1, emojiOnly: true };
    expect(refusal(rules, { text: "abc" }, "like")).toBeUndefined();
    expect(refusal(rules, { amount: 5 })).toBeUndefined();
    expect(refusal(rules, undefined)).toBeUndefined();
  });

  test("are checked in time that grows with the text alone", () => {
    const text = `${"👍🏽".repeat(5_000)}x`;
    expect(refusal({ emojiOnly: true }, { text })).toEqual(["emoji_only", "data.text"]);
  });
});
