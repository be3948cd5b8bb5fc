/** Which of the events that arrive are live, repeated or recovered. */
import { beforeEach, describe, expect, test } from "vitest";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { Arrivals } from "./arrivals.ts";

const channel = { missed: 0, position: 100, isTransient: (kind: string) => kind === "like" };
const channels = new Map([["launch", channel]]);
beforeEach(() => {
  channel.missed = 0;
  channel.position = 100;
  channels.set("launch", channel);
});

function comment(seq: number, at: number): OvationEvent {
  return { id: `c${seq}`, kind: "comment", at, seq, prev: seq - 1 };
}

function like(id: string, at: number): OvationEvent {
  return { id, kind: "like", at };
}

/** Times are the server's: away from 500 to 900, and 1,000 when the first message comes. */
function arrivals() {
  const all = new Arrivals(channels, [500, 900]);
  const receive = (now: number, ...events: OvationEvent[]) =>
    all.take({ op: "events", video: "launch", events }, now).map(({ at }) => at);
  return { receive, counts: () => all.counts(5_000) };
}

const NONE = { missed: 0, repeated: 0, recovered: 0 };

test("what was accepted before the first message is no live event, however late it comes", () => {
  const { receive, counts } = arrivals();
  expect(receive(1_000, comment(1, 100), like("a", 950))).toEqual([]);
  expect(receive(1_500, comment(2, 990), like("b", 1_100), comment(3, 1_200))).toEqual([
    1_100, 1_200,
  ]);
  expect(counts()).toEqual(NONE);
});

test("events of kinds of which only the newest matters are neither live nor repeated", () => {
  const { receive, counts } = arrivals();
  receive(1_000);
  const viewers = { id: "v", kind: "viewers", at: 1_100, data: { viewers: 3 } };
  expect(receive(1_200, viewers, viewers)).toEqual([]);
  expect(counts()).toEqual(NONE);
});

test("durable events from while the client was away are recovered; older ones are history", () => {
  const { receive, counts } = arrivals();
  expect(receive(1_000, comment(1, 400), comment(2, 500), like("a", 600))).toEqual([]);
  expect(receive(1_001, comment(3, 899), comment(4, 900))).toEqual([]);
  expect(counts()).toEqual({ ...NONE, recovered: 2 });
  expect(counts()).toEqual(NONE);
});

test("an event that comes once more is counted, and is not live", () => {
  const { receive, counts } = arrivals();
  receive(1_000);
  receive(1_200, comment(7, 1_100), like("a", 1_100));
  expect(receive(1_300, comment(6, 1_090), comment(7, 1_100), like("a", 1_100))).toEqual([]);
  expect(counts()).toEqual({ ...NONE, repeated: 3 });
});

test("what the client drops at a gap, and gets again with what was missing, comes once and late", () => {
  const { receive, counts } = arrivals();
  receive(1_000);
  channel.position = 5;
  expect(receive(1_200, comment(5, 1_100), comment(7, 1_150))).toEqual([1_100]);
  channel.position = 7;
  expect(receive(1_900, comment(6, 1_120), comment(7, 1_150))).toEqual([1_120, 1_150]);
  expect(counts()).toEqual(NONE);
});

describe("what was shown before and is sent again is neither live nor repeated", () => {
  test("when events were missed: that is counted", () => {
    const { receive, counts } = arrivals();
    receive(1_000);
    receive(1_200, comment(7, 1_100));
    channel.missed = 1;
    expect(receive(1_300, comment(6, 1_090), comment(7, 1_100))).toEqual([]);
    expect(receive(1_400, comment(8, 1_350))).toEqual([1_350]);
    expect(counts()).toEqual({ ...NONE, missed: 1 });
  });

  test("when the video is watched anew", () => {
    const { receive, counts } = arrivals();
    receive(1_000);
    receive(1_200, comment(7, 1_100));
    channels.set("launch", { ...channel });
    expect(receive(1_300, comment(7, 1_100))).toEqual([]);
    expect(counts()).toEqual(NONE);
  });
});

test("what was missed is counted though no further event comes", () => {
  const { counts } = arrivals();
  channel.missed = 2;
  expect(counts()).toEqual({ ...NONE, missed: 2 });
});
