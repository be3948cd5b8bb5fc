import { expect, test } from "vitest";
import type { Histogram } from "../../shared/lib/histogram.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { Hop, HopClock } from "../../shared/runtime/hops.ts";
import { EventLog } from "./event-log.ts";
import { FrameStats } from "./frame-stats.ts";

const WALL = 1_795_500_000_000;

/** Frame statistics with clocks that are set by hand; both started together. */
function manualStats() {
  const time = { ms: 0 };
  const clock = new HopClock(
    () => time.ms,
    () => WALL + Math.floor(time.ms),
    WALL,
  );
  const hops = { frame: new Hop(), delivery: new Hop() };
  return { time, hops, stats: new FrameStats(clock, hops) };
}

function newLog(): EventLog {
  return new EventLog("launch", () => undefined, { frameEvents: 2, frameBytes: 1_000 });
}

function like(id: string): FanoutEvent {
  return { kind: "like", deliveryClass: "transient", bytes: Buffer.from(id) };
}

function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

test("a frame is timed by its oldest event, from arrival and from publishing", () => {
  const { time, hops, stats } = manualStats();
  const log = newLog();
  const start = log.end;
  log.append(like("a"), { at: 10, publishedAt: WALL + 5 });
  log.append(like("b"), { at: 30, publishedAt: WALL + 1 });
  time.ms = 40;
  const { frame } = log.read(start);
  frame.on("msgpack");
  stats.written(frame, 38, { isPaced: false });
  expect(hops.frame.seconds.sum).toBeCloseTo(0.03);
  expect(hops.delivery.seconds.sum).toBeCloseTo(0.035);
  expect(stats.writeSeconds.sum).toBeCloseTo(0.002);
  expect(stats.events.sum).toBe(2);
  expect(stats.bytes.msgpack.sum).toBe(frame.on("msgpack").length);
  expect(countOf(stats.bytes.json)).toBe(0);
});

test("in a flood, the oldest event that is kept counts, even if the frame doesn't show it", () => {
  const log = newLog();
  const start = log.end;
  for (let at = 1; at <= 5; at += 1) log.append(like(`e${at}`), { at, publishedAt: undefined });
  const { frame } = log.read(start);
  expect(frame.events.length).toBe(2);
  expect(frame.oldest?.at).toBe(1);
});

test("events from the history count in no hop, and events without a time in no delivery", () => {
  const { hops, stats } = manualStats();
  const log = newLog();
  log.moveTo(0);
  const start = log.end;
  log.appendDurable({ id: "c1", kind: "comment", seq: 1, bytes: Buffer.from("c") });
  const first = log.read(start);
  stats.written(first.frame, 0, { isPaced: false });
  log.append(like("a"), { at: 0, publishedAt: undefined });
  stats.written(log.read(first.next).frame, 0, { isPaced: false });
  expect(countOf(stats.events)).toBe(2);
  expect(countOf(hops.frame.seconds)).toBe(1);
  expect(countOf(hops.delivery.seconds)).toBe(0);
});
