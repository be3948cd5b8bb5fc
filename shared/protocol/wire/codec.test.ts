import { describe, expect, test } from "vitest";
import {
  decode,
  decodeTrustedMsgpack,
  type Encoding,
  encode,
  encodeMsgpack,
  sniffEncoding,
} from "./codec.ts";
import { MalformedError } from "./msgpack-guard.ts";
import { MESSAGE_DEPTH_LIMIT, RefusedValue } from "./value-rules.ts";

const ENCODINGS: readonly Encoding[] = ["msgpack", "json"];

/** A value inside `depth` lists. */
function nested(depth: number): unknown {
  let value: unknown = "core";
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function isRefusal(error: unknown): boolean {
  return error instanceof MalformedError || error instanceof RefusedValue;
}

/** Why it was refused. Any error other than the two known ones fails the test. */
function refusal(encoding: Encoding, bytes: Uint8Array): string {
  try {
    decode(encoding, bytes);
  } catch (error) {
    expect(isRefusal(error)).toBe(true);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was accepted");
}

/** Runs the work; returns its CPU time in milliseconds, and the bytes that it allocated. */
function costOf(work: () => void): { readonly ms: number; readonly bytes: number } {
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(cpu);
  const after = process.memoryUsage();
  const bytes = after.heapUsed - before.heapUsed + (after.arrayBuffers - before.arrayBuffers);
  return { ms: (user + system) / 1_000, bytes };
}

describe.each(ENCODINGS)("%s", (encoding) => {
  test.each([
    ["nothing", null],
    ["truth", [true, false]],
    ["numbers", [0, 1, 127, 128, 255, 256, 65_535, 65_536, -1, -32, -33, -128, -32_769]],
    ["large and small numbers", [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, 1.5, 5e-324]],
    ["text", ["", "plain", "é", "🎉", "\u0000", "line\nbreak", "x".repeat(70_000)]],
    ["maps", { a: 1, "": 2, constructor: 3, toString: "mine", length: 4, "🎉": 5 }],
    ["many entries", Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${n}`, n]))],
    ["long lists", Array.from({ length: 70_000 }, (_, n) => n)],
    ["nesting as deep as may be", { data: nested(MESSAGE_DEPTH_LIMIT - 1) }],
    ["the same in a list of events", [{ data: nested(MESSAGE_DEPTH_LIMIT - 1) }]],
  ])("%s decodes to what was encoded", (_, value) => {
    expect(decode(encoding, encode(encoding, value))).toEqual(value);
  });

  test("nesting deeper than allowed is refused", () => {
    const deeper = { data: nested(MESSAGE_DEPTH_LIMIT) };
    expect(refusal(encoding, encode(encoding, deeper))).toContain("nested too deep");
    expect(refusal(encoding, encode(encoding, [deeper]))).toContain("nested too deep");
  });

  test("a value truncated anywhere is refused", () => {
    const whole = encode(encoding, { op: "publish", data: [1.5, "text", { a: null }] });
    for (let length = 0; length < whole.length; length += 1) {
      expect(refusal(encoding, whole.subarray(0, length))).not.toBe("");
    }
  });

  test("anything after the value is refused", () => {
    const two = Buffer.concat([encode(encoding, { a: 1 }), encode(encoding, { b: 2 })]);
    expect(refusal(encoding, two)).not.toBe("");
  });

  test("random bytes are refused or accepted, but never break anything", () => {
    let state = 12_345;
    const next = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state >> 16;
    };
    let refused = 0;
    for (let round = 0; round < 5_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: next() % 40 }, () => next() & 0xff));
      try {
        JSON.stringify(decode(encoding, bytes));
      } catch (error) {
        expect(isRefusal(error)).toBe(true);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe("msgpack from outside is refused", () => {
  const header = (first: number, ...rest: number[]) => Buffer.from([first, ...rest]);
  const double = (value: number) => {
    const bytes = Buffer.alloc(9, 0xcb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  };
  test.each<[string, Buffer, string]>([
    ["the byte that is never used", header(0xc1), "does not exist"],
    ["binary", header(0xc4, 1, 7), "extension types"],
    ["long binary", header(0xc5, 0, 1, 7), "extension types"],
    ["longer binary", header(0xc6, 0, 0, 0, 1, 7), "extension types"],
    ["an extension", header(0xc7, 1, 5, 7), "extension types"],
    ["a date, an extension of one size", header(0xd6, 0xff, 0, 0, 0, 0), "extension types"],
    ["msgpackr's own records", header(0xd4, 0x72, 0x40), "extension types"],
    ["a key that is a number", header(0x81, 1, 2), "key is not text"],
    ["a key that is nil", header(0x81, 0xc0, 2), "key is not text"],
    ["a key that is a list", header(0x81, 0x90, 2), "key is not text"],
    ["not a number", double(Number.NaN), "not finite"],
    ["infinity", double(Number.NEGATIVE_INFINITY), "not finite"],
    ["infinity in four bytes", header(0xca, 0x7f, 0x80, 0, 0), "not finite"],
    ["2^53", header(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0), "beyond 2^53 - 1"],
    ["-2^53", header(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0), "beyond 2^53 - 1"],
    ["text that is not UTF-8", header(0xa2, 0xff, 0xfe), "not UTF-8"],
    ["half a surrogate pair", header(0xa3, 0xed, 0xa0, 0x80), "not UTF-8"],
    ["a key that is not UTF-8", header(0x81, 0xa1, 0xff, 1), "not UTF-8"],
    ["nothing at all", Buffer.alloc(0), "cut off"],
  ])("%s", (_, bytes, reason) => {
    expect(refusal("msgpack", bytes)).toContain(reason);
  });

  test("the key __proto__, however its length is written and wherever it is", () => {
    const name = Buffer.from("__proto__");
    const keys = [header(0xa9), header(0xd9, 9), header(0xda, 0, 9)];
    for (const key of keys) {
      const map = Buffer.concat([header(0x81), key, name, header(0x80)]);
      expect(refusal("msgpack", map)).toContain("__proto__");
      expect(refusal("msgpack", Buffer.concat([header(0x91), map]))).toContain("__proto__");
    }
    expect(refusal("json", Buffer.from('{"a":{"__proto__":{"x":1}}}'))).toContain("__proto__");
  });

  test("but the largest exact integers are accepted", () => {
    const greatest = header(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    expect(decode("msgpack", greatest)).toBe(Number.MAX_SAFE_INTEGER);
    const least = header(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1);
    expect(decode("msgpack", least)).toBe(Number.MIN_SAFE_INTEGER);
  });
});

describe("JSON from outside is refused", () => {
  test.each([
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), "not valid JSON"],
    ["a number that is not finite", Buffer.from("[1e999]"), "not finite"],
    ["half a surrogate pair", Buffer.from('{"a":"\\ud800"}'), "surrogate"],
    ["a key of half a surrogate pair", Buffer.from('{"\\udc00":1}'), "surrogate"],
    ["a comment", Buffer.from("{/* */}"), "not valid JSON"],
    ["a comma too many", Buffer.from("[1,]"), "not valid JSON"],
    ["NaN", Buffer.from("NaN"), "not valid JSON"],
  ])("%s", (_, bytes, reason) => {
    expect(refusal("json", bytes)).toContain(reason);
  });

  test("but a whole surrogate pair is text like any other", () => {
    expect(decode("json", Buffer.from('"\\ud83c\\udf89"'))).toBe("🎉");
  });
});

describe("bombs are refused fast and without allocating", () => {
  const SIZE = 1_048_576;
  const bomb = (...first: number[]) => Buffer.concat([Buffer.from(first), Buffer.alloc(20, 0xc0)]);

  test.each([
    ["a list of 4 billion", bomb(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["a map of 4 billion", bomb(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ["a map of 65,535", bomb(0xde, 0xff, 0xff)],
    ["text of 4 gigabytes", bomb(0xdb, 0xff, 0xff, 0xff, 0xff)],
    ["a key of 64 kilobytes", bomb(0x81, 0xda, 0xff, 0xff)],
    ["a long list in a long list", bomb(0xdc, 0, 9, 0xdd, 0x7f, 0xff, 0xff, 0xff)],
  ])("%s that isn't there", (_, bytes) => {
    const { ms, bytes: allocated } = costOf(() => {
      for (let round = 0; round < 100; round += 1) {
        expect(() => decode("msgpack", bytes)).toThrow("cut off");
      }
    });
    expect(ms).toBeLessThan(1_000);
    expect(allocated).toBeLessThan(32 * SIZE);
  });

  test.each([
    ["msgpack lists", "msgpack", Buffer.alloc(SIZE, 0x91)],
    ["msgpack maps", "msgpack", Buffer.alloc(SIZE, Buffer.from([0x81, 0xa1, 0x61]))],
    ["msgpack long lists", "msgpack", Buffer.alloc(SIZE, Buffer.from([0xdd, 0, 0, 0, 1]))],
    ["JSON lists", "json", Buffer.from(`${"[".repeat(SIZE / 2)}${"]".repeat(SIZE / 2)}`)],
    ["JSON maps", "json", Buffer.from(`${'{"a":'.repeat(99_999)}1${"}".repeat(99_999)}`)],
  ] as const)("a megabyte of nested %s", (_, encoding, bytes) => {
    const { ms } = costOf(() => refusal(encoding, bytes));
    expect(ms).toBeLessThan(1_000);
  });
});

describe("the encoding of a request over NATS", () => {
  const VALUES = [{ kind: "like" }, [{ kind: "like" }], [], {}, Array(20).fill({ kind: "like" })];

  test("is detected by its first byte", () => {
    for (const value of VALUES) {
      for (const encoding of ENCODINGS) {
        expect(sniffEncoding(encode(encoding, value))).toBe(encoding);
      }
    }
    expect(sniffEncoding(Buffer.from('\r\n\t {"kind":"like"}'))).toBe("json");
    expect(sniffEncoding(Buffer.from([0xdf, 0, 0, 0, 0]))).toBe("msgpack");
  });
});

test("a later encoding doesn't change bytes that were returned before", () => {
  const first = encodeMsgpack({ text: "first" });
  const copy = Buffer.from(first);
  for (let n = 0; n < 10_000; n += 1) encodeMsgpack({ text: `other ${n}` });
  expect(first.equals(copy)).toBe(true);
  expect(decodeTrustedMsgpack(first)).toEqual({ text: "first" });
});

test("bytes inside trusted msgpack decode to what was encoded", () => {
  const inner = encodeMsgpack({ a: 1 });
  const decoded = decodeTrustedMsgpack(encodeMsgpack(["x", inner]));
  expect(decoded).toEqual(["x", expect.any(Uint8Array)]);
  expect(Array.isArray(decoded) && Buffer.from(decoded[1]).equals(inner)).toBe(true);
});
