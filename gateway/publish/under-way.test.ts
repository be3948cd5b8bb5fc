import { expect, test } from "vitest";
import { EventsUnderWay } from "./under-way.ts";

test("a caller waits until the event's publish has ended, even in failure, and for no other event", async () => {
  const underWay = new EventsUnderWay();
  const stored = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  underWay.add("launch", ["a", "b"], stored.promise);
  underWay.add("launch", ["c"], failed.promise).catch(() => undefined);
  const order: string[] = [];
  const waiting = ["b", "c", "d"].map((id) =>
    underWay.settled("launch", id).then(() => order.push(id)),
  );
  await underWay.settled("keynote", "a");
  expect(order).toEqual(["d"]);
  failed.reject(new Error("failed"));
  await waiting[1];
  stored.resolve();
  await Promise.all(waiting);
  expect(order).toEqual(["d", "c", "b"]);
  expect(underWay.size).toBe(0);
});

test("a repeat is awaited after the publish that it repeats has ended", async () => {
  const underWay = new EventsUnderWay();
  const repeat = Promise.withResolvers<void>();
  const first = underWay.add("launch", ["a"], Promise.resolve());
  underWay.add("launch", ["a"], repeat.promise);
  await first;
  expect(underWay.size).toBe(1);
  repeat.resolve();
  await underWay.settled("launch", "a");
  expect(underWay.size).toBe(0);
});

test("another publisher's event with the same id, refused meanwhile, does not end the wait", async () => {
  const underWay = new EventsUnderWay();
  const stored = Promise.withResolvers<void>();
  underWay.add("launch", ["a"], stored.promise);
  const refused = underWay.add("launch", ["a"], Promise.reject(new Error("taken")));
  let isSettled = false;
  const waiting = underWay.settled("launch", "a").then(() => {
    isSettled = true;
  });
  await expect(refused).rejects.toThrow("taken");
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  stored.resolve();
  await waiting;
});
