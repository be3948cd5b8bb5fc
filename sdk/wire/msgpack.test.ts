/** The SDK's own msgpack against msgpackr, which gateways use. */
import fc from "fast-check";
import { Packr, pack, Unpackr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { guardMsgpack } from "../../shared/protocol/wire/msgpack-guard.ts";
import { guardValue } from "../../shared/protocol/wire/value-rules.ts";
import { decodeMsgpack } from "./msgpack-decode.ts";
import { encodeMsgpack } from "./msgpack-encode.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });

function unpack(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes);
}

function isAllowed(value: unknown): boolean {
  try {
    guardValue(value, 1);
    return true;
  } catch {
    return false;
  }
}

/** Every JSON value, except those that the client itself refuses. */
const json = fc
  .jsonValue({ maxDepth: 5, stringUnit: "binary" })
  .filter(isAllowed)
  // JSON has no -0.
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

const lengths = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536];
const numbers = [
  0,
  1,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  -1,
  -32,
  -33,
  -128,
  -129,
  -32_768,
  -32_769,
  -(2 ** 31),
  -(2 ** 31) - 1,
  -(2 ** 53),
  0.5,
  -1e300,
  5e-324,
];

/** Runs the check on random JSON values. */
function holdsForAll(check: (value: unknown) => void): void {
  fc.assert(
    fc.property(json, (value) => {
      check(value);
    }),
  );
}

describe("what is encoded", () => {
  test("is decoded by msgpackr to the same value", () => {
    holdsForAll((value) => expect(unpack(encodeMsgpack(value))).toEqual(value));
  });

  test("is as short as msgpackr's", () => {
    holdsForAll((value) => expect(encodeMsgpack(value)).toHaveLength(packr.pack(value).length));
    for (const number of numbers) {
      expect(encodeMsgpack(number), String(number)).toHaveLength(packr.pack(number).length);
    }
  });

  test("is accepted by a gateway", () => {
    holdsForAll((value) => guardMsgpack(encodeMsgpack(value)));
  });

  test.each(lengths)("may be of length %i", (length) => {
    for (const value of [
      "a".repeat(length),
      Array(length).fill(7),
      Object.fromEntries(Array.from({ length }, (_, index) => [`key ${index}`, index])),
    ]) {
      expect(unpack(encodeMsgpack(value))).toEqual(value);
      expect(decodeMsgpack(encodeMsgpack(value))).toEqual(value);
    }
  });

  test("omits fields that are undefined", () => {
    expect(unpack(encodeMsgpack({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });
});

describe("what is decoded", () => {
  test("is the value that msgpackr encoded", () => {
    holdsForAll((value) => expect(decodeMsgpack(packr.pack(value))).toEqual(value));
  });

  test.each(numbers)("may be the number %d", (number) => {
    expect(decodeMsgpack(pack(number))).toBe(number);
    expect(decodeMsgpack(encodeMsgpack(number))).toBe(number);
  });

  test.each([
    ["uint64", "cf 00 1f ff ff ff ff ff ff", 2 ** 53 - 1],
    ["int64", "d3 ff e0 00 00 00 00 00 01", -(2 ** 53) + 1],
    ["float32", "ca 3f 00 00 00", 0.5],
    ["text with a byte order mark", "a4 ef bb bf 61", "\ufeffa"],
    ["binary", "c4 02 01 02", new Uint8Array([1, 2])],
    ["an extension of a fixed size", "92 d6 05 00 00 00 00 01", [undefined, 1]],
    ["an extension of any size", "92 c7 03 05 00 00 00 01", [undefined, 1]],
    ["a map with keys that are numbers", "81 01 02", { 1: 2 }],
    ["the key __proto__", "82 a9 5f 5f 70 72 6f 74 6f 5f 5f 80 a1 61 01", { a: 1 }],
  ])("may contain %s", (_, hex, value) => {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    expect(decodeMsgpack(bytes)).toEqual(value);
  });

  test("is refused with a RangeError when it is anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeMsgpack(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("is refused when it is truncated anywhere", () => {
    const bytes = encodeMsgpack({
      op: "events",
      events: [{ id: "a", at: 1.5, data: "é".repeat(40) }],
    });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeMsgpack(bytes.subarray(0, length))).toThrow(RangeError);
    }
  });

  test("is refused when it is nested too deep", () => {
    expect(() => decodeMsgpack(new Uint8Array(100_000).fill(0x91))).toThrow(RangeError);
  });
});
