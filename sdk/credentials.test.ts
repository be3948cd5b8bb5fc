import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Chance } from "../test/support/random.ts";
import { Credentials } from "./credentials.ts";
import { OvationError } from "./error.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const TIMES = { refreshBeforeMs: 60_000, refreshMinMs: 5_000 };
const ignore = () => undefined;

describe("a token", () => {
  async function dueAfterMs(expiresInMs: number | undefined) {
    let at: number | undefined;
    const credentials = new Credentials(
      () => "token",
      TIMES,
      () => {
        at = performance.now() - startedAt;
      },
    );
    const startedAt = performance.now();
    await credentials.fetch(1_000);
    credentials.accepted(expiresInMs);
    await vi.runAllTimersAsync();
    return at;
  }

  test.each([
    ["is refreshed some time before it expires", 600_000, 540_000],
    ["that is short-lived is refreshed at half of its lifetime", 60_000, 30_000],
    ["that has expired is refreshed, but only after a pause", 0, 5_000],
    ["that outlives the longest timer is refreshed early", 1e15, 2 ** 31 - 1],
    ["that never expires is never refreshed", undefined, undefined],
  ])("%s", async (_, expiresInMs, after) => {
    expect(await dueAfterMs(expiresInMs)).toBe(after);
  });

  test("that is a string is not refreshed, whatever the gateway wants", async () => {
    const onDue = vi.fn();
    const credentials = new Credentials("token", TIMES, onDue);
    credentials.accepted(1);
    credentials.refresh();
    await vi.runAllTimersAsync();
    expect(onDue).not.toHaveBeenCalled();
  });

  test("that takes too long is unavailable", async () => {
    const credentials = new Credentials(() => new Promise<string>(ignore), TIMES, ignore);
    const fetched = expect(credentials.fetch(1_000)).rejects.toMatchObject({
      code: "token_unavailable",
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await fetched;
  });

  test.each([
    ["null", null],
    ["a number", 5],
    ["an unread response", new Response("token")],
  ])("that is %s is refused, and the error says so", async (_, value) => {
    const credentials = new Credentials(() => value as never, TIMES, ignore);
    await expect(credentials.fetch(1_000)).rejects.toMatchObject({
      code: "token_unavailable",
      message: expect.stringContaining("token(): a string is expected, not "),
    });
  });

  test("that several callers wait for is fetched once, also after a fetch that threw at once", async () => {
    let calls = 0;
    const source = () => {
      calls += 1;
      if (calls === 1) throw new TypeError("no network");
      return `token-${calls}`;
    };
    const credentials = new Credentials(source, TIMES, ignore);
    const failed = await Promise.allSettled([credentials.fetch(1), credentials.fetch(1)]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const both = await Promise.all([credentials.fetch(1), credentials.fetch(1)]);
    expect(both).toEqual(["token-2", "token-2"]);
  });

  test("is no longer awaited when the client is closed, and no timer is left", async () => {
    const credentials = new Credentials(() => new Promise<string>(ignore), TIMES, ignore);
    const fetched = credentials.fetch(1_000);
    const rejected = expect(fetched).rejects.toMatchObject({ code: "closed" });
    credentials.accepted(1_000);
    credentials.close();
    await rejected;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("refused tokens", () => {
  const by = (source: string | (() => string)) => new Credentials(source, TIMES, ignore);

  test("end the attempts when two fresh ones are refused after the first", () => {
    const credentials = by(() => "");
    expect(["a", "a", "b", "b", "c"].map((token) => credentials.refused(token))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test("end the attempts when the same one is refused ten times", () => {
    const credentials = by(() => "");
    const verdicts = Array.from({ length: 10 }, () => credentials.refused("a"));
    expect(verdicts.indexOf(true)).toBe(9);
  });

  test("are forgotten when one is accepted", () => {
    const credentials = by(() => "");
    credentials.refused("a");
    credentials.refused("b");
    credentials.accepted(undefined);
    expect([credentials.refused("c"), credentials.refused("d")]).toEqual([false, false]);
  });

  test("end the attempts at once where no function can fetch another", () => {
    expect(by("token").refused("token")).toBe(true);
  });
});

/** How wrong a clock may be, and how long tokens may live. */
const SKEWS_MS = [0, 7_200_000, -7_200_000, 1e11, -1e11];
const LIVES_MS = [1, 1_000, 4_000, 15_000, 60_000, 600_000, 3_600_000, 86_400_000];

describe("whatever the viewer's clock says or jumps to", () => {
  const chance = new Chance("clocks and tokens");
  const random = () => chance.between(0, 999_999) / 1_000_000;

  test.each(SKEWS_MS.flatMap((skewMs) => LIVES_MS.map((lifeMs) => [skewMs, lifeMs] as const)))(
    "(%i ms wrong, tokens of %i ms) the token in use is fresh, and is rarely fetched",
    async (skewMs, lifeMs) => {
      const startedAt = performance.now();
      const calls: number[] = [];
      let unfreshMs = 0;
      let failures = 0;
      let expiresAt = 0;
      const refresh = async () => {
        unfreshMs += Math.max(0, performance.now() - expiresAt);
        // One fetch in ten fails, and some are slow.
        await credentials.fetch(10_000).then(
          () => {
            expiresAt = performance.now() + lifeMs;
            credentials.accepted(lifeMs);
          },
          () => credentials.postpone(),
        );
      };
      const source = async () => {
        calls.push(performance.now() - startedAt);
        await new Promise((resolve) => setTimeout(resolve, random() * 1_000));
        // At most two failures in a row: more do not fit into the time before a token expires.
        failures = failures < 2 && random() < 0.1 ? failures + 1 : 0;
        if (failures > 0) throw new OvationError("unreachable", "no network");
        return "token";
      };
      const credentials = new Credentials(source, TIMES, () => void refresh());
      expiresAt = performance.now() + lifeMs;
      credentials.accepted(lifeMs);
      for (let step = 0; step < 200; step += 1) {
        vi.setSystemTime(skewMs + Date.now() + (random() - 0.5) * 2 * Math.abs(skewMs));
        if (random() < 0.1) credentials.refresh();
        await vi.advanceTimersByTimeAsync((random() * lifeMs) / 4 + random() * 1_000);
      }
      credentials.close();
      // Fake timers count whole milliseconds, and the fractions add up.
      const pauses = calls.slice(1).map((at, index) => at - (calls[index] ?? 0));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(4_900);
      const isLong = lifeMs > 60_000;
      if (isLong) expect(unfreshMs).toBe(0);
    },
  );
});
