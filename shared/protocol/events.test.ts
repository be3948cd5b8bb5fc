import { describe, expect, test } from "vitest";
import { OvationError } from "./errors.ts";
import { checkEvent, type EventRules, MAX_BATCH, parsePublishRequest } from "./events.ts";
import { KindTable } from "./kinds.ts";
import { encodeMsgpack } from "./wire/codec.ts";

const RULES: EventRules = {
  kinds: new KindTable([
    { name: "like", deliveryClass: "transient" },
    { name: "comment", deliveryClass: "durable" },
  ]),
  dataLimitBytes: 64,
};

/** Parses a request with the length of its JSON. */
function parse(value: unknown) {
  return parsePublishRequest(value, RULES, Buffer.byteLength(JSON.stringify(value)));
}

/** The error of a refused request. */
function refusal(value: unknown): OvationError {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof OvationError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a publish request", () => {
  test("may hold one event or a list, and keeps their order", () => {
    expect(parse({ kind: "like" })).toEqual([{ kind: "like" }]);
    const list = [{ kind: "like", id: "a" }, { kind: "comment" }, { kind: "like", id: "b" }];
    expect(parse(list)).toEqual(list);
  });

  test("keeps every known field and drops the others", () => {
    const event = { id: "e_-1", kind: "comment", actor: "anna", data: { text: "hi" } };
    expect(parse({ ...event, at: 5, video: "other", extra: true })).toEqual([event]);
  });

  test("distinguishes null data from no data", () => {
    expect(parse({ kind: "like", data: null })).toEqual([{ kind: "like", data: null }]);
    expect(parse({ kind: "like" })[0]).not.toHaveProperty("data");
  });

  test("is refused entirely for one wrong event, which the error names", () => {
    const error = refusal([{ kind: "like" }, { kind: "like" }, { kind: "boo" }]);
    expect(error.body()).toMatchObject({ code: "kind_unknown", field: "events[2].kind" });
    expect(error.message).toContain("like, comment");
  });

  test(`must hold 1 to ${MAX_BATCH} events`, () => {
    expect(parse(Array(MAX_BATCH).fill({ kind: "like" }))).toHaveLength(MAX_BATCH);
    for (const length of [0, MAX_BATCH + 1]) {
      const error = refusal(Array(length).fill({ kind: "like" }));
      expect(error.body()).toMatchObject({ code: "batch_size_invalid", limit: MAX_BATCH });
    }
  });
});

describe("a wrong event is refused by name", () => {
  test.each([
    [{}, "field_invalid", "kind"],
    [{ kind: 5 }, "field_invalid", "kind"],
    [{ kind: "Like" }, "kind_unknown", "kind"],
    [{ kind: "constructor" }, "kind_unknown", "kind"],
    [{ kind: "viewers" }, "kind_reserved", "kind"],
    [{ kind: "like", id: "" }, "event_id_invalid", "id"],
    [{ kind: "like", id: "a.b" }, "event_id_invalid", "id"],
    [{ kind: "like", id: "x".repeat(65) }, "event_id_invalid", "id"],
    [{ kind: "like", id: 7 }, "field_invalid", "id"],
    [{ kind: "like", actor: "" }, "field_invalid", "actor"],
    [{ kind: "like", actor: "x".repeat(129) }, "field_invalid", "actor"],
    [{ kind: "like", data: "x".repeat(65) }, "data_too_large", "data"],
    [[{ kind: "like" }, 7], "field_invalid", "events[1]"],
    [[{ kind: "like", id: "a b" }], "event_id_invalid", "events[0].id"],
    [[{ kind: "viewers" }], "kind_reserved", "events[0].kind"],
    [[{ kind: "like", data: "x".repeat(65) }], "data_too_large", "events[0].data"],
  ] as const)("%j: %s at %s", (value, code, field) => {
    expect(refusal(value).body()).toMatchObject({ code, field });
  });

  test.each(["text", 7, null, true])("%j is not an event; there is no field to name", (value) => {
    const body = refusal(value).body();
    expect(body.code).toBe("field_invalid");
    expect(body).not.toHaveProperty("field");
  });
});

describe("the data limit", () => {
  test("applies to the exact bytes of its msgpack", () => {
    const fits = "x".repeat(62); // Two bytes hold its type and length.
    expect(encodeMsgpack(fits)).toHaveLength(RULES.dataLimitBytes);
    expect(parse({ kind: "like", data: fits })).toHaveLength(1);
    const error = refusal({ kind: "like", data: `${fits}x` });
    expect(error.body()).toMatchObject({ code: "data_too_large", limit: 64 });
  });

  test("holds for data whose msgpack is larger than its JSON, however small the message", () => {
    // The worst case of msgpack against JSON: nine bytes for three characters.
    const data = Array(15).fill(5e9);
    const text = `[${Array(15).fill("5e9").join()}]`;
    const rules = { ...RULES, dataLimitBytes: encodeMsgpack(data).length - 1 };
    expect(rules.dataLimitBytes).toBeGreaterThan(2 * text.length);
    const check = () => checkEvent({ kind: "like", data }, rules, "", text.length);
    expect(check).toThrow(expect.objectContaining({ code: "data_too_large" }));
  });
});
