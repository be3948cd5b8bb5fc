/** What a sizing guarantees; `test/local/sizing.test.ts` compares it with a real stack. */
import { describe, expect, test } from "vitest";
import { COST_FIGURES } from "../../bench/scenarios/costs.ts";
import { goodNumber, partOf } from "./cells.ts";
import { flowsOf } from "./flows.ts";
import { STORED_RECORD_BYTES } from "./message-bytes.ts";
import { sizingOf, TooMuch } from "./model.ts";
import { sizingInput } from "./options.ts";
import { occupied, poissonRate } from "./poisson.ts";
import { costSettings } from "./settings.ts";

test("a history that is kept forever takes what its bounds allow, and says how fast it grows", () => {
  const historyAgeMs = Number.POSITIVE_INFINITY;
  const { nats } = sizingOf(sizingInput({ historyAgeMs, comments: 10, videos: 1 }));
  const day = sizingOf(sizingInput({ comments: 10, videos: 1 })).nats;
  expect(nats.historyBytes).toBe(day.historyBytes);
  expect(nats.historyBytesPerDay / (10 * 86_400)).toBeCloseTo(STORED_RECORD_BYTES);
  expect(sizingOf(sizingInput({ historyAgeMs, comments: 0 })).nats.historyBytes).toBe(0);
});

describe("the formulas of probability", () => {
  test("what is rare is done each time, and what is frequent once an interval", () => {
    expect(poissonRate(0, 60)).toBe(0);
    expect(poissonRate(0.01, 60)).toBeCloseTo(0.01, 4);
    expect(poissonRate(1_000_000, 60)).toBeCloseTo(1_000 / 60, 4);
  });

  test("between the two, the formula agrees with a simulation", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647; // Park and Miller's minimal standard.
      return seed / 2_147_483_647;
    };
    const [perSecond, intervalMs, events] = [20, 60, 200_000];
    let now = 0;
    let freeAt = 0;
    let done = 0;
    for (let event = 0; event < events; event += 1) {
      now += (-Math.log(random()) / perSecond) * 1_000;
      // It is done at once, or together with others at the end of the interval.
      if (now < freeAt - intervalMs) continue;
      done += 1;
      freeAt = Math.max(now, freeAt) + intervalMs;
    }
    expect(done / (now / 1_000) / poissonRate(perSecond, intervalMs)).toBeCloseTo(1, 2);
  });

  test("few viewers are on as many gateways, and many viewers on all", () => {
    expect(occupied(1, 10)).toBeCloseTo(1);
    expect(occupied(2, 10)).toBeCloseTo(1.9);
    expect(occupied(10_000, 10)).toBeCloseTo(10);
  });
});

test("the bench measures every cost that the calculator uses", () => {
  expect(Object.keys(costSettings)).toEqual(expect.arrayContaining(Object.keys(COST_FIGURES)));
});

describe("a sizing", () => {
  test("never needs less of anything for more viewers", () => {
    const sizes = [1_000, 10_000, 100_000].map((viewers) =>
      sizingOf(sizingInput({ viewers, videos: 100, likes: viewers / 100 })),
    );
    const needs = sizes.map(({ gateways, dispatchers, nats, delivery }) => [
      gateways.total,
      dispatchers.total,
      nats.rows,
      nats.in,
      nats.out,
      delivery.bytesOut,
    ]);
    for (const [index, need] of needs.slice(1).entries()) {
      for (const [at, value] of need.entries()) {
        expect(value).toBeGreaterThanOrEqual(needs[index]?.[at] ?? 0);
      }
    }
  });

  test("holds all viewers on the gateways that are left when the spare ones are down", () => {
    const input = sizingInput({ viewers: 500_000, likes: 0, comments: 0, spareGateways: 2 });
    const { gateways } = sizingOf({ ...input, connects: 0 });
    expect(gateways.because).toBe("connections");
    expect((gateways.total - 2) * gateways.viewersMost).toBeGreaterThanOrEqual(500_000);
    expect((gateways.total - 3) * gateways.viewersMost).toBeLessThan(500_000);
  });

  test("keeps the requested headroom", () => {
    const { gateways } = sizingOf(sizingInput({ viewers: 50_000, headroomPercent: 60 }));
    expect(gateways.because).toBe("processor");
    expect(gateways.cores / gateways.needed).toBeLessThanOrEqual(0.4 * 1.05);
  });

  test("depends on the frame interval: twice as long halves the writes", () => {
    const of = (frameIntervalMaxMs: number) =>
      sizingOf(sizingInput({ viewers: 50_000, likes: 10_000, frameIntervalMaxMs }));
    expect(of(50).gateways.socketWrites / of(100).gateways.socketWrites).toBeCloseTo(2, 1);
    expect(of(50).gateways.total).toBeGreaterThan(1.7 * of(100).gateways.total);
  });

  test("covers a part of the videos when the audience is too much for one deployment", () => {
    const input = sizingInput({ viewers: 10_000_000, videos: 10_000, likes: 100_000 });
    const sizing = sizingOf(input);
    expect(sizing.cells).toBeGreaterThan(1);
    expect(sizing.cells * sizing.viewers).toBeGreaterThanOrEqual(10_000_000);
    expect(sizing.cells * sizing.videos).toBeGreaterThanOrEqual(10_000);
    for (const { value, limit } of sizing.limits) expect(value).toBeLessThanOrEqual(limit);
  });

  test("spreads videos over the fewest deployments that need about as few processes as any", () => {
    const needs = (cells: number) => 1_000 / cells + 10 * cells;
    // The least is 200, at 10 deployments; 7 need 213, and 6 need 227.
    expect(goodNumber(4, 1_000, needs)).toBe(7);
    expect(goodNumber(4, 5, needs)).toBe(5);
    expect(goodNumber(12, 1_000, needs)).toBe(12);
  });

  test("reports a video that is too much for a deployment, and why", () => {
    const input = sizingInput({ viewers: 50_000_000, likes: 50_000_000 });
    expect(() => sizingOf(input)).toThrow(TooMuch);
    expect(() => sizingOf(input)).toThrow(/one video alone is too much: cores of each gateway/);
  });

  test("of a part leaves the hot video unchanged", () => {
    const input = sizingInput({ viewers: 1_000_000, videos: 101, hotPercent: 50, likes: 1_000 });
    const part = partOf(input, 10);
    expect(part).toMatchObject({ viewers: 550_000, videos: 11 });
    const hot = (one: typeof input) =>
      flowsOf(one, 10, 2).videos.find(({ name }) => name === "hot");
    expect(hot(part)?.viewers).toBeCloseTo(500_000);
    expect(hot(part)?.likes).toBeCloseTo(500);
    expect(hot(part)?.comments).toBeCloseTo(5);
  });

  test("contains no value that is not a number", () => {
    const odd = [
      { viewers: 1, likes: 0, comments: 0, connects: 0 },
      { viewers: 3, videos: 1_000_000 },
      { viewers: 1_000, videos: 2, hotPercent: 99.9, hotLikes: 100 },
      { viewers: 1_000, ssePercent: 100, gatewayTls: true },
    ];
    for (const given of odd) {
      const json = JSON.stringify(sizingOf(sizingInput(given)));
      expect(json).not.toMatch(/null|NaN/);
    }
  });
});
