/** Counting values before they are decoded. */
import { describe, expect, test } from "vitest";
import { Chance } from "../../../test/support/random.ts";
import { decode, type Encoding, encode } from "./codec.ts";
import { countJsonValues, TooManyValues } from "./value-count.ts";

const ENCODINGS: readonly Encoding[] = ["msgpack", "json"];
const ROUNDS = 300;

/** Values and keys, counted by walking. */
function valuesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  const items = Object.values(value);
  const keys = Array.isArray(value) ? 0 : items.length;
  return items.reduce((sum, item) => sum + valuesIn(item), 1 + keys);
}

function anyValue(chance: Chance, depth: number): unknown {
  const texts = ["", "a", '"', "\\", '\\"', "[,{:", "é🎉", "\\\\", ']"'];
  const count = chance.between(0, 4);
  const items = () => Array.from({ length: count }, () => anyValue(chance, depth + 1));
  switch (chance.between(depth > 8 ? 2 : 0, 4)) {
    case 0:
      return items();
    case 1:
      return Object.fromEntries(
        items().map((item, index) => [`${chance.of(texts)}${index}`, item]),
      );
    case 2:
      return chance.of(texts);
    case 3:
      return chance.of([0, 1.5, -7, 2 ** 40]);
    default:
      return chance.of([null, true, false]);
  }
}

describe.each(ENCODINGS)("in %s", (encoding) => {
  test("any value is told its number of values before it is made, and refused above the limit", () => {
    const chance = new Chance("values");
    for (let round = 0; round < ROUNDS; round += 1) {
      const value = anyValue(chance, 0);
      const bytes = encode(encoding, value);
      const told: number[] = [];
      const admit = (count: number) => void told.push(count);
      expect(decode(encoding, bytes, { limit: bytes.length + 1, admit })).toEqual(value);
      const [values = 0] = told;
      expect(told).toHaveLength(1);
      expect(values).toBeGreaterThanOrEqual(valuesIn(value));
      // An empty list or map in JSON may count as two.
      expect(values).toBeLessThanOrEqual(2 * valuesIn(value));
      if (encoding === "msgpack") expect(values).toBe(valuesIn(value));
      if (values === 1) continue;
      expect(() => decode(encoding, bytes, { limit: values - 1 })).toThrow(TooManyValues);
    }
  });

  test("what may not be decoded is not", () => {
    const refuse = () => {
      throw new Error("no");
    };
    const bytes = encode(encoding, [1, 2, 3]);
    expect(() => decode(encoding, bytes, { limit: 100, admit: refuse })).toThrow("no");
  });
});

test("JSON that never ends, or was never one, is counted like any other", () => {
  for (const text of ["[", "[,", '["', "{{", "::"]) {
    expect(() => countJsonValues(Buffer.from(text.repeat(1_000)), 400)).toThrow(TooManyValues);
  }
  expect(countJsonValues(Buffer.from('"\\'), 1)).toBe(1);
});
