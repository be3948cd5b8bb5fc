import { describe, expect, test } from "vitest";
import { forEachInSlices, forEachLimited } from "./parallel.ts";

/** Work that ends when the test says so. */
class Desk {
  readonly begun: string[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<void>>();

  readonly work = async (item: string): Promise<void> => {
    this.begun.push(item);
    const done = Promise.withResolvers<void>();
    this.#open.set(item, done);
    await done.promise;
  };

  async end(item: string, fault?: Error): Promise<void> {
    const done = this.#open.get(item);
    if (fault === undefined) done?.resolve();
    else done?.reject(fault);
    await settled();
  }
}

/** What promises that are settled now lead to has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("work with a limit", () => {
  test("begins no more than the limit, and the next as soon as one is done", async () => {
    const desk = new Desk();
    const all = forEachLimited(["a", "b", "c", "d"], 2, desk.work);
    expect(desk.begun).toEqual(["a", "b"]);
    await desk.end("b");
    expect(desk.begun).toEqual(["a", "b", "c"]);
    await desk.end("c");
    expect(desk.begun).toEqual(["a", "b", "c", "d"]);
    await desk.end("a");
    await desk.end("d");
    await all;
  });

  test("resolves only when the last is done", async () => {
    const desk = new Desk();
    let isDone = false;
    const all = forEachLimited(["a", "b"], 8, desk.work).then(() => {
      isDone = true;
    });
    await desk.end("a");
    expect(isDone).toBe(false);
    await desk.end("b");
    await all;
    expect(isDone).toBe(true);
  });

  test("rejects with the first failure, and begins nothing new after it", async () => {
    const desk = new Desk();
    const all = forEachLimited(["a", "b", "c", "d"], 2, desk.work);
    const outcome = expect(all).rejects.toThrow("first");
    await desk.end("a", new Error("first"));
    await desk.end("b");
    await outcome;
    expect(desk.begun).toEqual(["a", "b"]);
  });

  test("does nothing with nothing", async () => {
    const desk = new Desk();
    await forEachLimited([], 4, desk.work);
    expect(desk.begun).toEqual([]);
  });
});

describe("work in slices", () => {
  test("is done in order, and others have their turn after each slice", async () => {
    const seen: (number | string)[] = [];
    const other = () => {
      seen.push("other");
      if (seen.length < 7) setImmediate(other);
    };
    setImmediate(other);
    await forEachInSlices([1, 2, 3, 4, 5], 2, (item) => seen.push(item));
    expect(seen).toEqual([1, 2, "other", 3, 4, "other", 5]);
  });

  test("ends with the first failure", async () => {
    const seen: number[] = [];
    const work = (item: number) => {
      if (item === 3) throw new Error("three");
      seen.push(item);
    };
    await expect(forEachInSlices([1, 2, 3, 4], 1, work)).rejects.toThrow("three");
    expect(seen).toEqual([1, 2]);
  });
});
