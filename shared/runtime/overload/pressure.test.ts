import { expect, test } from "vitest";
import { MemoryUse } from "./pressure.ts";

const USAGE = { rss: 600, heapTotal: 300, heapUsed: 200, external: 0, arrayBuffers: 0 };

test("memory that V8 keeps but doesn't use counts as free", () => {
  expect(new MemoryUse(1_000, () => USAGE).sample()).toBe(0.5);
});

test("while memory can't be sampled, since files have run out, the last value holds", () => {
  let usage = () => USAGE;
  const memory = new MemoryUse(1_000, () => usage());
  expect(memory.sample()).toBe(0.5);
  usage = () => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  };
  expect(memory.sample()).toBe(0.5);
});

test("without a limit nothing is sampled", () => {
  const memory = new MemoryUse(Number.POSITIVE_INFINITY, () => {
    throw new Error("sampled");
  });
  expect(memory.sample()).toBe(0);
});
