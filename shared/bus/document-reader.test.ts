import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OvationError } from "../protocol/errors.ts";
import type { BucketEntry } from "./bucket-entry.ts";
import { DocumentReader } from "./document-reader.ts";

class Reader extends DocumentReader<number> {
  protected decode(entry: BucketEntry | undefined): number {
    return entry?.revision ?? 0;
  }
  protected tooManyWait(): OvationError {
    return new OvationError("state_unavailable");
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("while the store is away, nobody waits for the time limits of all those before it", async () => {
  const timeLimitMs = 5_100;
  const get = () =>
    new Promise<undefined>((_, reject) => {
      setTimeout(() => reject(new Error("no answer")), timeLimitMs);
    });
  const bucket = { get, onRecreated: () => () => undefined };
  const reader = new Reader({ bus: { onState: () => () => undefined }, bucket });
  const reads = Array.from({ length: 200 }, (_, number) => reader.read(`v${number}`));
  const outcome = Promise.allSettled(reads);
  await vi.advanceTimersByTimeAsync(timeLimitMs);
  const reasons = (await outcome).map((one) => (one.status === "rejected" ? one.reason : one));
  expect(reasons.slice(0, 16)).toEqual(reads.slice(0, 16).map(() => new Error("no answer")));
  for (const reason of reasons.slice(16))
    expect(reason).toMatchObject({ code: "state_unavailable" });
});

test("a read whose turn comes soon is made", async () => {
  const get = async () => undefined;
  const bucket = { get, onRecreated: () => () => undefined };
  const reader = new Reader({ bus: { onState: () => () => undefined }, bucket });
  const reads = Array.from({ length: 200 }, (_, number) => reader.read(`v${number}`));
  await vi.advanceTimersByTimeAsync(0);
  expect(new Set(await Promise.all(reads))).toEqual(new Set([0]));
});
