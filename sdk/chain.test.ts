import { describe, expect, test } from "vitest";
import type { OvationEvent } from "../shared/protocol/event.ts";
import { Chain } from "./chain.ts";
import type { From } from "./link/link.ts";

function event(prev: number, seq: number): OvationEvent {
  return { id: `e${seq}`, kind: "comment", at: 0, seq, prev };
}

const NOW = { op: "result", epoch: "e1", seq: 50 } as const;

/** A chain that has received everything up to 50. */
function chainAt50(): Chain {
  const chain = new Chain();
  chain.adopt(NOW, {});
  return chain;
}

describe("a new viewer", () => {
  test("requests only future events, and starts at the end of the chain", () => {
    const chain = new Chain();
    expect(chain.from(0)).toEqual({});
    expect(chain.adopt(NOW, {})).toBeUndefined();
    expect(chain.from(0)).toEqual({ after: 50, epoch: "e1" });
  });

  test("takes the history that it requested, with missing numbers", () => {
    const chain = new Chain();
    expect(chain.from(2)).toEqual({ last: 2 });
    chain.adopt(NOW, { last: 2 });
    expect(chain.judge(event(20, 30))).toBe("take");
    expect(chain.judge(event(40, 41))).toBe("take");
    expect(chain.from(2)).toEqual({ after: 41, epoch: "e1", last: 2 });
    // There may have been retractions between 41 and 50.
    expect(chain.judge(event(50, 51))).toBe("take");
  });

  test("requests the history again when the connection was lost before any of it arrived", () => {
    const chain = new Chain();
    chain.adopt(NOW, { last: 2 });
    expect(chain.from(2)).toEqual({ last: 2 });
  });

  test("requests everything stored meanwhile when the history was empty", () => {
    const chain = new Chain();
    chain.adopt({ op: "result", epoch: "e1", seq: 0 }, { last: 2 });
    expect(chain.from(2)).toEqual({ after: 0, epoch: "e1", last: 2 });
  });

  test("is not set back by an answer that arrives after an event", () => {
    const chain = new Chain();
    chain.judge(event(50, 51));
    chain.adopt(NOW, {});
    expect(chain.from(0).after).toBe(51);
  });
});

describe("an event", () => {
  test("is taken after its predecessor", () => {
    const chain = chainAt50();
    expect(chain.judge(event(50, 60))).toBe("take");
    expect(chain.judge(event(60, 61))).toBe("take");
    expect(chain.from(0).after).toBe(61);
  });

  test("that was received before is a repeat", () => {
    const chain = chainAt50();
    chain.judge(event(50, 60));
    expect(chain.judge(event(50, 60))).toBe("repeat");
    expect(chain.judge(event(20, 30))).toBe("repeat");
  });

  test("after a gap is not taken, nor are those that follow it", () => {
    const chain = chainAt50();
    expect(chain.judge(event(60, 70))).toBe("gap");
    expect(chain.judge(event(70, 71))).toBe("gap");
    expect(chain.from(0).after).toBe(50);
  });

  test("without a seq is always taken", () => {
    expect(chainAt50().judge({ id: "a", kind: "like", at: 0 })).toBe("take");
  });
});

describe("a viewer that reconnects", () => {
  const asked: From = { after: 50, epoch: "e1" };

  test("takes everything that follows, except erased events", () => {
    const chain = chainAt50();
    expect(chain.adopt({ ...NOW, seq: 90, recovered: true }, asked)).toBeUndefined();
    expect(chain.judge(event(70, 80))).toBe("take");
    expect(chain.judge(event(90, 91))).toBe("take");
  });

  test("is notified when some of it is no longer stored, and continues with what follows", () => {
    const chain = chainAt50();
    const answer = { ...NOW, seq: 90, recovered: false, oldest: 70 };
    expect(chain.adopt(answer, { ...asked, last: 2 })).toEqual({
      after: 50,
      oldest: 70,
      isNewHistory: false,
    });
    expect(chain.judge(event(70, 80))).toBe("take");
    expect(chain.from(2).after).toBe(80);
  });

  test("continues from the end when it requested no history", () => {
    const chain = chainAt50();
    chain.adopt({ ...NOW, seq: 90, recovered: false, oldest: 70 }, asked);
    expect(chain.from(0).after).toBe(90);
  });

  test("starts over in a new history, whatever its numbers are", () => {
    const chain = chainAt50();
    const answer = { op: "result", epoch: "e2", seq: 20, recovered: false, oldest: 5 } as const;
    expect(chain.adopt(answer, { ...asked, last: 2 })).toEqual({
      after: 50,
      oldest: 5,
      isNewHistory: true,
    });
    expect(chain.judge(event(5, 10))).toBe("take");
    expect(chain.from(0)).toEqual({ after: 10, epoch: "e2" });
  });

  test("keeps its position while the history can't be read, so that nothing is skipped", () => {
    const chain = chainAt50();
    expect(chain.adopt({ op: "result" }, asked)).toBeUndefined();
    expect(chain.judge(event(60, 70))).toBe("gap");
    expect(chain.from(0)).toEqual(asked);
  });
});

test("after an empty history the first event may have any predecessor, and no other may", () => {
  const chain = new Chain();
  chain.adopt({ op: "result", epoch: "e1", seq: 0 }, {});
  expect(chain.judge(event(40, 50))).toBe("take");
  expect(chain.judge(event(60, 70))).toBe("gap");
});

test("a reset is followed and reported", () => {
  const chain = chainAt50();
  expect(chain.reset({ epoch: "e2", seq: 7 })).toEqual({
    after: 50,
    oldest: undefined,
    isNewHistory: true,
  });
  expect(chain.from(0)).toEqual({ after: 7, epoch: "e2" });
  expect(chain.judge(event(7, 8))).toBe("take");
});

describe("a viewer whose history can't be continued, and that requests it again", () => {
  test("learns from the answer what it missed, even if nothing was stored since", () => {
    const chain = chainAt50();
    chain.doubt();
    const asked = chain.from(2);
    expect(asked).toEqual({ after: 50, epoch: "e1", last: 2 });
    const missed = { after: 50, oldest: 30, isNewHistory: false };
    expect(chain.adopt({ ...NOW, recovered: false, oldest: 30 }, asked)).toEqual(missed);
    // Only once.
    expect(chain.adopt({ ...NOW, recovered: false, oldest: 30 }, asked)).toBeUndefined();
  });

  test("is not notified when it gets everything that it missed after all", () => {
    const chain = chainAt50();
    chain.doubt();
    expect(chain.adopt({ ...NOW, seq: 90, recovered: true }, chain.from(2))).toBeUndefined();
    expect(chain.judge(event(50, 60))).toBe("take");
  });

  test("is notified of a new history before any event of the old one arrived", () => {
    const chain = new Chain();
    chain.adopt(NOW, { last: 2 });
    chain.doubt();
    const answer = { op: "result", epoch: "e2", seq: 20 } as const;
    expect(chain.adopt(answer, chain.from(2))).toEqual({
      after: undefined,
      oldest: undefined,
      isNewHistory: true,
    });
    expect(chain.judge(event(0, 10))).toBe("take");
  });

  test("is notified when the history can be read again, not while it can't", () => {
    const chain = chainAt50();
    chain.doubt();
    expect(chain.adopt({ op: "result" }, chain.from(2))).toBeUndefined();
    const answer = { ...NOW, epoch: "e2", seq: 20, recovered: false, oldest: 5 };
    expect(chain.adopt(answer, chain.from(2))).toMatchObject({ isNewHistory: true, oldest: 5 });
  });
});
