/** That a request's id is found in any message, and at what cost. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, type Encoding, encode } from "./codec.ts";
import { readRequestId } from "./request-id.ts";

const ENCODINGS: readonly Encoding[] = ["msgpack", "json"];
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A JSON object or msgpack map with a field of these bytes, before the id and after it. */
const around = {
  json: (value: string) => [`{"data":${value},"id":7}`, `{"id":7,"data":${value}}`],
  msgpack: (value: Buffer) => [
    Buffer.concat([hex("82 a4 64617461"), value, hex("a2 6964 07")]),
    Buffer.concat([hex("82 a2 6964 07 a4 64617461"), value]),
  ],
};

describe.each(ENCODINGS)("in %s, the id is found", (encoding) => {
  test("in every message that can be decoded, and equals the decoded one", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.boolean(),
        (fields, id, isFirst) => {
          const { __proto__: _, id: __, ...others } = fields;
          const bytes = encode(encoding, isFirst ? { id, ...others } : { ...others, id });
          expect(readRequestId(encoding, bytes)).toBe(id);
        },
      ),
    );
  });

  test("or not, in any bytes, without breaking anything", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const id = readRequestId(encoding, bytes);
        expect(id === undefined || (Number.isSafeInteger(id) && id > 0)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("wherever the message is truncated after it, and never another one", () => {
    const bytes = encode(encoding, { op: "publish", id: 1_234_567, data: { text: 'h"é', id: 3 } });
    const found = Array.from({ length: bytes.length + 1 }, (_, length) =>
      readRequestId(encoding, bytes.subarray(0, length)),
    );
    const first = found.indexOf(1_234_567);
    expect(first).toBeGreaterThan(0);
    expect(new Set(found.slice(0, first))).toEqual(new Set([undefined]));
    expect(new Set(found.slice(first))).toEqual(new Set([1_234_567]));
  });

  test.each([0, -1, 2.5, "2", true, null, [2], 2 ** 53 + 2])("but not when it is %j", (id) => {
    expect(readRequestId(encoding, encode(encoding, { op: "ping", id }))).toBeUndefined();
  });
});

test.each([
  "NaN",
  '"\\ud800"',
  '"a\\\\"',
  '{"id":9}',
  '[{"id":9}]',
  '{"a":"}","id":9}',
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  '"\u0000"',
])("in JSON, the id is found next to %s", (value) => {
  for (const text of around.json(value)) {
    expect(readRequestId("json", Buffer.from(text))).toBe(7);
  }
});

test.each([
  ['{"\\u0069d":7}', 7],
  ['{"id":3,"id":7}', 7],
  ['{"id":7.0e0 }', 7],
  ['\n\t { "a" : [] , "id" : 7 }', 7],
  ['{"id":7}{"id":8}', 7],
  ['[{"id":7}]', undefined],
  ['{"id":7', undefined],
  ["{'id':7}", undefined],
  ['"id"', undefined],
] as const)("in %s it is %s", (text, id) => {
  expect(readRequestId("json", Buffer.from(text))).toBe(id);
});

test.each([
  ["an extension", "d4 01 00"],
  ["an extension of any length", "c7 03 05 01 02 03"],
  ["binary", "c4 01 00"],
  ["a key that is a map", "81 81 01 02 03"],
  ["a key __proto__", "81 a9 5f5f70726f746f5f5f 81 a1 61 01"],
  ["NaN", "cb 7ff8000000000000"],
  ["a whole number beyond 2^53", "cf 0020000000000001"],
  ["text that is not UTF-8", "a2 ff fe"],
  ["a long list", "dd 00000003 01 02 03"],
  ["a long map", "df 00000001 a2 6964 09"],
  ["20,000 lists", `${"91".repeat(20_000)}c0`],
])("in msgpack, the id is found next to %s", (_, value) => {
  for (const bytes of around.msgpack(hex(value))) expect(readRequestId("msgpack", bytes)).toBe(7);
});

test("in msgpack, the id may be written in every form of a number and a key", () => {
  for (const key of ["a2", "d9 02", "da 0002", "db 00000002"]) {
    for (const number of ["07", "cc 07", "cd 0007", "ce 00000007", "cf 0000000000000007"]) {
      expect(readRequestId("msgpack", hex(`81 ${key} 6964 ${number}`))).toBe(7);
    }
    for (const number of ["d0 07", "d3 0000000000000007", "ca 40e00000", "cb 401c000000000000"]) {
      expect(readRequestId("msgpack", hex(`81 ${key} 6964 ${number}`))).toBe(7);
    }
  }
});

test("msgpack and JSON refuse the same values, and name the same path", () => {
  const odd = fc.oneof(
    fc.constantFrom(2 ** 53, -(2 ** 53), 1e20, -1e300, 2 ** 53 - 1, 0.1, 5e-324, 1.5, -0),
    fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }),
  );
  const key = fc.oneof(fc.constantFrom("__proto__", "constructor", "prototype", "a"), fc.string());
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 17, depthSize: "max" }, odd, tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    map: fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map(Object.fromEntries),
  }));
  const outcome = (encoding: Encoding, data: unknown) => {
    try {
      return { value: decode(encoding, encode(encoding, { data })) };
    } catch (error) {
      const { message, path, limit } = error as { message: string; path: unknown; limit: unknown };
      return { message, path, limit };
    }
  };
  fc.assert(
    fc.property(value, (data) => {
      // The encoders have no -0.
      const plain = JSON.parse(JSON.stringify({ data }));
      expect(outcome("msgpack", plain.data)).toEqual(outcome("json", plain.data));
    }),
    { numRuns: 1_000 },
  );
});

describe("a message that is crafted to be expensive", () => {
  const SIZE = 65_536;
  test.each<[string, Encoding, Buffer]>([
    ["nested lists", "msgpack", Buffer.concat([hex("81 a1 61"), Buffer.alloc(SIZE, 0x91)])],
    ["empty maps", "msgpack", Buffer.concat([hex("df ffffffff"), Buffer.alloc(SIZE, 0x80)])],
    ["ids", "msgpack", Buffer.concat([hex("de ffff"), Buffer.alloc(SIZE, hex("a2 6964 01"))])],
    ["quotes", "json", Buffer.from(`{${'"'.repeat(SIZE)}`)],
    ["escapes", "json", Buffer.from(`{"${"\\".repeat(SIZE)}"`)],
    ["escaped quotes", "json", Buffer.from(`{"${'\\"'.repeat(SIZE / 2)}`)],
    ["ids", "json", Buffer.from(`{${'"id":1,'.repeat(SIZE / 7)}`)],
    ["digits", "json", Buffer.from(`{"id":${"1".repeat(SIZE)}`)],
    ["white space", "json", Buffer.from(`{${'"id":     '.repeat(SIZE / 10)}`)],
  ])("of %s in %s is scanned once", (_, encoding, bytes) => {
    const before = process.cpuUsage();
    for (let round = 0; round < 10; round += 1) readRequestId(encoding, bytes);
    const { user, system } = process.cpuUsage(before);
    // A few milliseconds each at most; a repeated scan takes seconds.
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});
