/** The data that the SDK accepts, compared with the decoder and the checks of gateways. */
import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { decodeUntrusted } from "../shared/protocol/decode-untrusted.ts";
import { type Encoding, encode } from "../shared/protocol/wire/codec.ts";
import { encodedData } from "./data.ts";
import { encodeMsgpack } from "./wire/msgpack-encode.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });

function refusalOf(data: unknown): unknown {
  try {
    encodedData(data, "launch");
  } catch (error) {
    const { code, field, limit, message } = error as Record<string, unknown>;
    return { code, field, limit, message };
  }
  return undefined;
}

/** What a gateway decodes from the data of a request, or why it refuses it. */
function outcomeAt(encoding: Encoding, bytes: Uint8Array): unknown {
  try {
    const message = decodeUntrusted(encoding, bytes, "message_malformed", "the message");
    return { data: (message as Record<string, unknown>)["data"] };
  } catch (error) {
    const { code, field, limit, message } = error as Record<string, unknown>;
    return { code, field, limit, message };
  }
}

const { value: jsonLike } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 18, depthSize: "max" },
    fc.constantFrom<unknown>(null, true, 0, -1, 255, -129, 65_536, 2 ** 32, 0.5, 2 ** 53 - 1),
    fc.constantFrom<unknown>(2 ** 53, -(2 ** 53), 1e20, -1e300),
    fc.string({ unit: "binary", maxLength: 5 }),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 3 }),
  map: fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom("a", "constructor", "prototype", "__proto__"), fc.string()),
        tie("value"),
      ),
      { maxLength: 3 },
    )
    .map((entries) => Object.fromEntries(entries)),
}));

describe("data that JSON can write", () => {
  test("is accepted, or refused with the same code, field and limit, as by a gateway on each wire", () => {
    fc.assert(
      fc.property(jsonLike, (data) => {
        const refusal = refusalOf(data);
        const expected = refusal ?? { data };
        expect(outcomeAt("json", encode("json", { data }))).toEqual(expected);
        // The other encoder can't write the key __proto__.
        if (JSON.stringify(data).includes("__proto__")) return;
        expect(outcomeAt("msgpack", packr.pack({ data }))).toEqual(expected);
        if (refusal !== undefined) return;
        const sent = encodeMsgpack({ data: encodedData(data, "launch") });
        expect(outcomeAt("msgpack", sent)).toEqual({ data });
      }),
      { numRuns: 2_000 },
    );
  });

  test("has as many bytes as a gateway counts", () => {
    fc.assert(
      fc.property(jsonLike, (data) => {
        if (refusalOf(data) !== undefined) return;
        expect(encodedData(data, "launch")).toHaveLength(encode("msgpack", data).length);
      }),
    );
  });
});

class Point {
  readonly x = 1;
  readonly #hidden = 2;
  get sum(): number {
    return this.x + this.#hidden;
  }
}

describe("values are sent as JSON would convert them", () => {
  test.each<[string, unknown, unknown]>([
    ["a date", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    ["an object of a class", [new Point()], [{ x: 1 }]],
    ["fields that are undefined", { a: undefined, b: 1 }, { b: 1 }],
    ["toJSON", { toJSON: () => [1] }, [1]],
    ["toJSON that is not a function", { toJSON: 5 }, { toJSON: 5 }],
    ["toJSON that returns null", { a: { toJSON: () => null } }, { a: null }],
    ["-0", [-0], [0]],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["a proxy", new Proxy({ a: [1] }, {}), { a: [1] }],
    ["null", null, null],
  ])("%s", (_, data, sent) => {
    const bytes = encodeMsgpack({ data: encodedData(data, "launch") });
    expect(outcomeAt("msgpack", bytes)).toEqual({ data: sent });
  });

  test("undefined: no data", () => {
    expect(encodedData(undefined, "launch")).toBeUndefined();
  });
});

const cyclic: { self?: unknown } = {};
cyclic.self = [cyclic];
/** Fifteen levels of ten references each. */
const wide = Array.from({ length: 14 }).reduce<unknown>((inner) => Array(10).fill(inner), "x");
const throwing = {
  get text(): string {
    throw new Error("not now");
  },
};

describe("a value that would be lost is refused, and the error names it", () => {
  test.each<[string, unknown, string]>([
    ["NaN", { a: [0, Number.NaN] }, "data.a[1]"],
    ["infinity", -Infinity, "data"],
    ["2^53", { n: 2 ** 53 }, "data.n"],
    ["a bigint", { n: 1n }, "data.n"],
    ["undefined in a list", [undefined], "data[0]"],
    ["a hole in a list", Object.assign(new Array(3), { 0: 1, 2: 2 }), "data[1]"],
    ["a list of four billion holes", new Array(2 ** 32 - 1), "data[0]"],
    ["a function", { f: () => 1 }, "data.f"],
    ["a symbol", Symbol("s"), "data"],
    ["a Map", { m: new Map([[1, 2]]) }, "data.m"],
    ["a Set", new Set(), "data"],
    ["bytes", { b: new Uint8Array(3) }, "data.b"],
    ["a regular expression", /a/, "data"],
    ["an error", new Error("no"), "data"],
    ["a promise", Promise.resolve(1), "data"],
    ["a boxed number", Object(1), "data"],
    ["an invalid date", { at: new Date(Number.NaN) }, "data.at"],
    ["toJSON that returns undefined", { a: { toJSON: () => undefined } }, "data.a"],
    ["half a surrogate pair", { text: "a\ud800" }, "data.text"],
    ["half a pair in a key", { a: { "\udc00": 1 } }, "data.a"],
    ["a key __proto__", JSON.parse('{"a":{"__proto__":1}}'), "data.a.__proto__"],
    ["prototype in constructor", { constructor: { prototype: 1 } }, "data.constructor.prototype"],
    ["a cycle", cyclic, `data${".self[0]".repeat(7)}.self`],
    ["a getter that throws", { a: throwing }, "data"],
    ["a revoked proxy", revoked(), "data"],
  ])("%s", (_, data, field) => {
    expect(refusalOf(data)).toMatchObject({ code: "data_invalid", field });
  });

  test.each<[string, unknown]>([
    ["a long text", "x".repeat(300_000)],
    ["a list that repeats one value very often", wide],
  ])("%s: data_too_large", (_, data) => {
    expect(refusalOf(data)).toMatchObject({ code: "data_too_large", limit: 262_144 });
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test("any value is encoded or refused with one of two codes", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  } as fc.ObjectConstraints);
  fc.assert(
    fc.property(anything, (data) => {
      const refusal = refusalOf(data) as { code: string } | undefined;
      if (refusal !== undefined) {
        expect(["data_invalid", "data_too_large"]).toContain(refusal.code);
        return;
      }
      const bytes = encodeMsgpack({ data: encodedData(data, "launch") });
      const expected = JSON.parse(JSON.stringify({ data }));
      expect(outcomeAt("msgpack", bytes)).toEqual({ data: expected.data });
    }),
    { numRuns: 2_000 },
  );
});
