/** Whole numbers are integers in msgpack, as typed languages need them, and fractions stay floats. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeUnplaced, writePlace } from "../../shared/protocol/history/durable-event.ts";
import { decode, decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { decodeMsgpack } from "./msgpack-decode.ts";
import { encodeMsgpack as encodeOfSdk } from "./msgpack-encode.ts";

/** Whether the first byte says that it is a float 32 or float 64. */
function isFloat(bytes: Uint8Array): boolean {
  return bytes[0] === 0xca || bytes[0] === 0xcb;
}

const edges = [2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53].flatMap((edge) => [edge - 2, edge - 1]);
const wholes = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(...edges, ...edges.map((edge) => -edge), 2 ** 32, -(2 ** 31), -(2 ** 31) - 1),
);
const fractions = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isSafeInteger(value));

test.each([
  ["Ovation", encodeMsgpack],
  ["the SDK", encodeOfSdk],
])("%s writes every whole number up to 2^53 - 1 as an integer, and reads the same", (_, encode) => {
  fc.assert(
    fc.property(wholes, (value) => {
      const bytes = encode(value);
      expect(isFloat(bytes)).toBe(false);
      expect(decodeMsgpack(bytes)).toBe(value);
      expect(decodeTrustedMsgpack(bytes)).toBe(value);
      expect(decode("msgpack", bytes)).toBe(value);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["Ovation", encodeMsgpack],
  ["the SDK", encodeOfSdk],
])("%s writes every other number as a float", (_, encode) => {
  fc.assert(
    fc.property(fractions, (value) => {
      const bytes = encode(value);
      expect(isFloat(bytes)).toBe(true);
      expect(decodeMsgpack(bytes)).toBe(value);
    }),
  );
});

test("whole numbers are found at any depth, and nothing else is changed", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  const leaf = fc.oneof(wholes, fractions, text, fc.boolean(), fc.constant(null));
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value"), { maxLength: 20 }),
      fc.dictionary(text, tie("value"), { maxKeys: 20, noNullPrototype: true }),
      fc.uint8Array({ maxLength: 300 }),
    ),
  }));
  const plain = fc.oneof(values, fc.constantFrom("cb".repeat(200), "\u00cb".repeat(70_000)));
  fc.assert(
    fc.property(plain, (value) => {
      const bytes = encodeMsgpack([value, 2 ** 40]);
      expect(decodeMsgpack(new Uint8Array(bytes))).toEqual(unlessProto([value, 2 ** 40]));
      // The last value is a whole number: it is found only if everything before it was skipped correctly.
      expect(bytes.at(-9)).toBe(0xcf);
    }),
  );
});

/** The SDK drops this key. */
function unlessProto(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(unlessProto);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "__proto__");
  return Object.fromEntries(entries.map(([key, item]) => [key, unlessProto(item)]));
}

test("a durable event's seq and prev are integers, whatever their value", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat(), (at, seq, prev) => {
      const bytes = encodeUnplaced({ id: "c1", kind: "comment", at, data: { n: at } });
      writePlace(bytes, 7, 6);
      writePlace(bytes, seq, prev);
      const event = { id: "c1", kind: "comment", at, data: { n: at }, seq, prev };
      expect(decodeMsgpack(bytes)).toEqual(event);
      expect(encodeMsgpack(decodeMsgpack(bytes)).subarray(0, 30)).toEqual(bytes.subarray(0, 30));
      expect(bytes[bytes.length - 9]).toBe(0xcf);
      expect(bytes[bytes.length - 23]).toBe(0xcf);
    }),
  );
});
