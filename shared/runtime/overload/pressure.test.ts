import { expect, test } from "vitest";
import { MemoryUse } from "./pressure.ts";

const USAGE = { rss: 600, heapTotal: 300, heapUsed: 200, external: 0, arrayBuffers: 0 };

test("memory that V8 keeps without a use for it counts as free", () => {
  expect(new MemoryUse(1_000, () => USAGE).look()).toBe(0.5);
});

test("where files have run out, so that memory can't be looked at, what was last known holds", () => {
  let usage = () => USAGE;
  const memory = new MemoryUse(1_000, () => usage());
  expect(memory.look()).toBe(0.5);
  usage = () => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  };
  expect(memory.look()).toBe(0.5);
});

test("without a limit nothing is looked at", () => {
  const memory = new MemoryUse(Number.POSITIVE_INFINITY, () => {
    throw new Error("looked at");
  });
  expect(memory.look()).toBe(0);
});
