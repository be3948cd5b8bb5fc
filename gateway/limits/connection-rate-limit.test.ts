import { describe, expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { type ClientMessages, ConnectionRateLimit, type Verdict } from "./connection-rate-limit.ts";
import { rateOf } from "./token-bucket.ts";

/** The default: 50 per second, 250 at once. */
const REQUESTS = rateOf("requests", 50);

/** Its client has room for so many messages in all. */
function room(count: number): ClientMessages {
  let left = count;
  const refusal = new OvationError("rate_limited", "", { retryAfterMs: 1 });
  return {
    message: (cost) => {
      left -= cost;
      return left >= 0;
    },
    messageRefusal: () => refusal,
  };
}

function rateLimitAt(now: () => number): ConnectionRateLimit {
  return new ConnectionRateLimit({
    requests: REQUESTS,
    spending: {
      publishes: rateOf("connection_publishes", 20),
      lastingCost: 1,
      likes: rateOf("likes", 10),
    },
    publishers: { refusal: () => undefined, take: () => undefined, giveBack: () => undefined },
    stats: { forgotten: 0 },
    now,
    refuse: (_rate, retryAfterMs) => new OvationError("rate_limited", "", { retryAfterMs }),
  });
}

/** The verdicts, counted, for a connection that sends at a steady rate. */
function steadily(
  perSecond: number,
  seconds: number,
  bytes = 100,
  client = room(Number.POSITIVE_INFINITY),
): Map<Verdict, number> {
  let now = 0;
  const rateLimit = rateLimitAt(() => now);
  const verdicts = new Map<Verdict, number>();
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    now = (sent * 1_000) / perSecond;
    const verdict = rateLimit.request(bytes, client);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    if (verdict !== "take")
      expect(rateLimit.refusal(verdict, client).retryAfterMs).toBeGreaterThan(0);
    if (verdict === "close") break;
  }
  return verdicts;
}

describe("a connection that sends", () => {
  test("within the limit is always accepted", () => {
    expect([...steadily(49, 3_600)]).toEqual([["take", 49 * 3_600]]);
  });

  test("a hundred messages a second is refused after five seconds, and closed after ten", () => {
    const verdicts = steadily(100, 60);
    expect(verdicts.get("take")).toBeCloseTo(500, -1);
    expect(verdicts.get("refuse")).toBeCloseTo(500, -1);
    expect(verdicts.get("close")).toBe(1);
  });

  test("messages of 8 KiB, four times what one counts for, is refused and closed four times as soon", () => {
    expect([...steadily(12, 600, 8_192)]).toEqual([["take", 12 * 600]]);
    const verdicts = steadily(10_000_000, 1, 8_192);
    expect(verdicts.get("take")).toBe(62);
    expect(verdicts.get("close")).toBe(1);
  });

  test("all at once is closed after two bursts", () => {
    const verdicts = steadily(10_000_000, 1);
    expect(verdicts.get("take")).toBe(250);
    expect(verdicts.get("refuse")).toBe(250);
    expect(verdicts.get("close")).toBe(1);
  });

  test("a request that causes more work than most leaves room for fewer others", () => {
    const paid = (more: number) => {
      let taken = 0;
      for (const rateLimit = rateLimitAt(() => 0); ; taken += 1) {
        if (rateLimit.request(100, room(1_000)) !== "take") return taken;
        rateLimit.more(more, room(1_000));
      }
    };
    expect([paid(0), paid(9)]).toEqual([250, 25]);
  });

  test("more than its client may send over all connections is refused, and closed ten times as soon", () => {
    const verdicts = steadily(10_000_000, 1, 100, room(200));
    expect([...verdicts]).toEqual([
      ["take", 200],
      ["refuse-client", (50 + 250) / 10],
      ["close", 1],
    ]);
  });
});
