import { describe, expect, test } from "vitest";
import { paceOf } from "./pace.ts";

const ACCEPTING = { connectionsPerSecond: 1_000, isDraining: false };
const DRAINING = { connectionsPerSecond: 1_000, isDraining: true };

describe("the pace of a draining gateway", () => {
  test("is half of what the others accept together", () => {
    const slow = { connectionsPerSecond: 500 };
    expect(paceOf([ACCEPTING, slow], 9)).toEqual({ acceptors: 2, perSecond: 750 });
  });

  test("is its share of that when others drain too", () => {
    expect(paceOf([ACCEPTING, DRAINING], 9)).toEqual({ acceptors: 1, perSecond: 250 });
  });

  test("assumes that a gateway that doesn't say its rate is like itself", () => {
    expect(paceOf([{}, ACCEPTING], 3_000)).toEqual({ acceptors: 2, perSecond: 2_000 });
  });

  test("has no acceptors when no gateway accepts its viewers", () => {
    expect(paceOf([], 1_000)).toEqual({ acceptors: 0, perSecond: 500 });
    expect(paceOf([DRAINING], 1_000)).toEqual({ acceptors: 0, perSecond: 250 });
  });

  test("is half of its own rate when the leases can't be read", () => {
    expect(paceOf(undefined, 1_000)).toEqual({ acceptors: 1, perSecond: 500 });
  });
});
