/** Estimates against exact numbers. */
import { expect, test } from "vitest";
import { CountingSketch, estimate, isSketch, placeOf, SKETCH_BYTES } from "./hyperloglog.ts";

const STANDARD_ERROR = 1.04 / 64;

function sketchOf(from: number, to: number): CountingSketch {
  const sketch = new CountingSketch();
  for (let n = from; n < to; n += 1) sketch.add(placeOf(`actor-${n}`));
  return sketch;
}

test("100,000 in three sketches that overlap are estimated within three standard errors", () => {
  const thirds = [sketchOf(0, 40_000), sketchOf(30_000, 70_000), sketchOf(60_000, 100_000)];
  const encoded = thirds.map((sketch) => sketch.encode());
  const error = Math.abs(estimate(encoded) / 100_000 - 1);
  expect(error).toBeLessThan(3 * STANDARD_ERROR);
  expect(encoded.every(({ length }) => length === SKETCH_BYTES)).toBe(true);
});

test("the error of many numbers is the standard error, at every size", () => {
  for (const size of [300, 2_000, 8_000]) {
    const errors = Array.from({ length: 10 }, (_, round) => {
      const from = round * size;
      return estimate([sketchOf(from, from + size).encode()]) / size - 1;
    });
    const square = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
    expect(Math.sqrt(square)).toBeLessThan(1.5 * STANDARD_ERROR);
  }
});

test("few are exact, unless two of them share a register", () => {
  for (let size = 0; size <= 20; size += 1) {
    const sketch = sketchOf(0, size).encode();
    expect(estimate([sketch, sketch])).toBe(size);
    expect(sketch).toHaveLength(3 * size);
  }
});

test("what was added twice is one, until it was removed twice", () => {
  const sketch = sketchOf(0, 5);
  const { version } = sketch;
  const again = placeOf("actor-3");
  sketch.add(again);
  expect(estimate([sketch.encode()])).toBe(5);
  sketch.remove(again);
  expect(sketch.version).toBe(version);
  sketch.remove(again);
  expect(sketch.version).toBeGreaterThan(version);
  expect(estimate([sketch.encode()])).toBe(4);
});

test("a large sketch is empty when all have left", () => {
  const sketch = sketchOf(0, 10_000);
  for (let n = 0; n < 10_000; n += 1) sketch.remove(placeOf(`actor-${n}`));
  expect(sketch.encode()).toHaveLength(0);
  expect(estimate([])).toBe(0);
});

test("only encoded sketches are taken for sketches", () => {
  expect(
    [sketchOf(0, 0), sketchOf(0, 9), sketchOf(0, 9_999)].map((s) => isSketch(s.encode())),
  ).toEqual([true, true, true]);
  const wrong = [[1], [1, 2], [255, 255, 255], [0, 0, 63], new Array(SKETCH_BYTES).fill(54)];
  expect(wrong.map((bytes) => isSketch(Uint8Array.from(bytes)))).toEqual(wrong.map(() => false));
  expect(isSketch(new Uint8Array(SKETCH_BYTES + 2))).toBe(false);
});
