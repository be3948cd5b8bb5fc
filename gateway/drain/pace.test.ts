import { describe, expect, test } from "vitest";
import { paceOf } from "./pace.ts";

const TAKES = { connectionsPerSecond: 1_000, isDraining: false };
const DRAINS = { connectionsPerSecond: 1_000, isDraining: true };

describe("the pace of a gateway that is drained", () => {
  test("is half of what the others take together", () => {
    const slow = { connectionsPerSecond: 500 };
    expect(paceOf([TAKES, slow], 9)).toEqual({ acceptors: 2, perSecond: 750 });
  });

  test("is its share of that when others are drained too", () => {
    expect(paceOf([TAKES, DRAINS], 9)).toEqual({ acceptors: 1, perSecond: 250 });
  });

  test("takes a gateway that doesn't say for one like itself", () => {
    expect(paceOf([{}, TAKES], 3_000)).toEqual({ acceptors: 2, perSecond: 2_000 });
  });

  test("is told apart when nobody takes its viewers", () => {
    expect(paceOf([], 1_000)).toEqual({ acceptors: 0, perSecond: 500 });
    expect(paceOf([DRAINS], 1_000)).toEqual({ acceptors: 0, perSecond: 250 });
  });

  test("is what one like itself takes when the leases can't be read", () => {
    expect(paceOf(undefined, 1_000)).toEqual({ acceptors: 1, perSecond: 500 });
  });
});
