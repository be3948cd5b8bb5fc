import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { PendingLimit } from "./pending-limit.ts";

const TIMEOUT_MS = 1_000;
let waiting: PendingLimit;

beforeEach(() => {
  vi.useFakeTimers();
  waiting = new PendingLimit({
    timeoutMs: TIMEOUT_MS,
    limit: 10,
    now: () => performance.now(),
    late: "history_unavailable",
    busy: "history_busy",
  });
});
afterEach(() => vi.useRealTimers());

const outcomeOf = (job: { readonly outcome: Promise<unknown> }) =>
  job.outcome.catch((error: unknown) => (error instanceof OvationError ? error.code : error));

describe("jobs", () => {
  test("each end at their own deadline", async () => {
    const first = outcomeOf(waiting.open(1));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS / 2);
    const job = waiting.open(1);
    const second = outcomeOf(job);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS / 2);
    expect(await first).toBe("history_unavailable");
    expect(job.isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS / 2 + 1);
    expect(await second).toBe("history_unavailable");
    expect(waiting.events).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that have ended do not end again", async () => {
    const job = waiting.open<string>(3);
    job.resolve("done");
    job.reject(new OvationError("internal"));
    await vi.advanceTimersByTimeAsync(2 * TIMEOUT_MS);
    expect(await job.outcome).toBe("done");
    expect(waiting.events).toBe(0);
  });

  test("together wait for no more events than the limit", () => {
    const job = waiting.open(6);
    expect(() => waiting.open(5)).toThrow(expect.objectContaining({ code: "history_busy" }));
    waiting.open(4);
    expect(() => waiting.open(1)).toThrow(expect.objectContaining({ code: "history_busy" }));
    job.resolve(undefined);
    expect(waiting.events).toBe(4);
    waiting.open(6);
  });

  test("all end together when the dispatcher stops", async () => {
    const outcomes = [outcomeOf(waiting.open(1)), outcomeOf(waiting.open(2))];
    waiting.rejectAll(new OvationError("history_unavailable"));
    expect(await Promise.all(outcomes)).toEqual(["history_unavailable", "history_unavailable"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
