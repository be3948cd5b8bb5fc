import { describe, expect, test } from "vitest";
import { CompactMap } from "./compact-map.ts";

/** Its observable state. */
const shown = (map: CompactMap<number>) => ({
  size: map.size,
  keys: map.keys(),
  values: map.values(),
  a: map.get("a"),
  hasA: map.has("a"),
});

describe("a compact map", () => {
  test("is empty at first, and has no key", () => {
    const map = new CompactMap<number>();
    expect(shown(map)).toEqual({ size: 0, keys: [], values: [], a: undefined, hasA: false });
    expect(map.delete("a")).toBe(false);
  });

  test("behaves like a Map, whatever is set, replaced and deleted", () => {
    const [compact, plain] = [new CompactMap<number>(), new Map<string, number>()];
    const steps = ["+a1", "+a2", "-b", "-a", "+b3", "+a4", "+c5", "-a", "-c", "-b", "+a6", "-a"];
    for (const [action, key = "", value] of steps) {
      if (action === "+") {
        compact.set(key, Number(value));
        plain.set(key, Number(value));
      } else {
        expect(compact.delete(key)).toBe(plain.delete(key));
      }
      const expected = {
        size: plain.size,
        keys: [...plain.keys()],
        values: [...plain.values()],
        a: plain.get("a"),
        hasA: plain.has("a"),
      };
      expect(shown(compact)).toEqual(expected);
    }
  });

  test("can be cleared with one entry and with several", () => {
    for (const keys of [["a"], ["a", "b"]]) {
      const map = new CompactMap<number>();
      for (const key of keys) map.set(key, 1);
      map.clear();
      expect(map.size).toBe(0);
      expect(map.has("a")).toBe(false);
    }
  });

  test("may be changed while iterating over its values", () => {
    const map = new CompactMap<number>();
    map.set("a", 1);
    map.set("b", 2);
    const seen: number[] = [];
    for (const value of map.values()) {
      seen.push(value);
      map.clear();
    }
    expect(seen).toEqual([1, 2]);
  });
});
