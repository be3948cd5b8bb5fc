/** Durable events in the log: none is sampled out. */
import { describe, expect, test } from "vitest";
import { append, appendEvent, ids, logOf, readAll, totals } from "../../test/support/event-log.ts";

describe("durable events", () => {
  test("none is sampled out: over the limit of events, they are split over frames in order", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "comment", 25);
    const frames = readAll(log, cursor);
    expect(frames.map(({ events }) => events.length)).toEqual([10, 10, 5]);
    expect(frames.flatMap(ids)).toEqual(Array.from({ length: 25 }, (_, n) => `comment-${n + 1}`));
    expect(frames.every(({ counts }) => counts === undefined)).toBe(true);
  });

  test("none is sampled out: over the limit of bytes, they are split, with a larger one alone", () => {
    const log = logOf({ frameBytes: 300 });
    const cursor = log.end;
    const sizes = [100, 100, 1_000, 100, 100];
    for (const [n, size] of sizes.entries()) {
      appendEvent(log, "comment", `c${n}`, "x".repeat(size));
    }
    expect(readAll(log, cursor).map(ids)).toEqual([["c0", "c1"], ["c2"], ["c3", "c4"]]);
  });

  test("a like between two of their frames is shown once, in the later one", () => {
    const log = logOf({ frameBytes: 300 });
    const cursor = log.end;
    appendEvent(log, "comment", "c1", "x".repeat(100));
    append(log, "like", 1);
    appendEvent(log, "comment", "c2", "x".repeat(200));
    expect(readAll(log, cursor).map(ids)).toEqual([["c1"], ["like-1", "c2"]]);
  });

  test("all are sent amid a flood of likes, and the counts of all frames add up", () => {
    const log = logOf();
    const cursor = log.end;
    for (let n = 1; n <= 25; n += 1) {
      append(log, "like", 40, n * 100);
      append(log, "comment", 1, n);
    }
    const frames = readAll(log, cursor);
    const comments = frames.flatMap(ids).filter((id) => id.startsWith("comment"));
    expect(comments).toEqual(Array.from({ length: 25 }, (_, n) => `comment-${n + 1}`));
    expect(totals(frames, "like")).toBe(1_000);
    expect(totals(frames, "comment")).toBe(25);
    for (const frame of frames) expect(frame.events.length).toBeLessThanOrEqual(10);
  });

  test("the log is full when so many wait that frames must be read before more is appended", () => {
    const log = logOf({ frameEvents: 10_000, frameBytes: 1_048_576 });
    append(log, "comment", 4_095);
    expect(log.isFull).toBe(false);
    append(log, "comment", 1, 4_096);
    expect(log.isFull).toBe(true);
    log.trim(log.end.position);
    expect(log.isFull).toBe(false);
  });

  test("a frame takes its reader to the seq of its last durable event", () => {
    const log = logOf();
    log.moveTo(40);
    const cursor = log.end;
    append(log, "comment", 25);
    append(log, "like", 1);
    const { frame, next } = log.read(cursor);
    expect(next.seq).toBe(50);
    expect(frame.on("sse").toString()).toMatch(/^id: epoch:50\n/);
    expect(log.read(log.read(next).next).next.seq).toBe(65);
  });

  test("while the chain's seq is not known, frames have no id", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "like", 1);
    expect(log.read(cursor).frame.on("sse").toString()).toMatch(/^data: /);
  });
});
