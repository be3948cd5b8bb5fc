import { describe, expect, test } from "vitest";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { append, event, ids, logOf, readAll, totals } from "../../test/support/event-log.ts";
import type { Cursor } from "./cursor.ts";

describe("readers", () => {
  test("a reader gets what was appended after its cursor, in order", () => {
    const log = logOf();
    append(log, "like", 2);
    const cursor = log.end;
    expect(log.hasAfter(cursor)).toBe(false);
    for (const kind of ["comment", "like", "viewers", "comment"]) append(log, kind, 1, 7);
    expect(log.hasAfter(cursor)).toBe(true);
    const { frame, next } = log.read(cursor);
    expect(ids(frame)).toEqual(["comment-7", "like-7", "viewers-7", "comment-7"]);
    expect(frame.counts).toBeUndefined();
    expect(log.hasAfter(next)).toBe(false);
  });

  test("a cursor doesn't change when more is appended", () => {
    const log = logOf();
    append(log, "like", 1);
    const cursor = log.end;
    const before = structuredClone(cursor);
    append(log, "like", 5);
    expect(cursor).toEqual(before);
  });

  test("readers at the same cursor get the same frame object until more is appended", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "like", 1);
    const { frame } = log.read(cursor);
    expect(log.read(cursor).frame).toBe(frame);
    append(log, "like", 1, 2);
    expect(ids(log.read(cursor).frame)).toEqual(["like-1", "like-2"]);
  });

  test("readers at different cursors each get their own part", () => {
    const log = logOf();
    const early = log.end;
    append(log, "like", 1);
    const late = log.end;
    append(log, "like", 1, 2);
    expect(ids(log.read(early).frame)).toEqual(["like-1", "like-2"]);
    expect(ids(log.read(late).frame)).toEqual(["like-2"]);
  });
});

describe("transient events", () => {
  test("more than a frame holds are sampled evenly, including the newest, with exact counts", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "like", 30);
    const { frame, next } = log.read(cursor);
    const numbers = ids(frame).map((id) => Number(id.slice("like-".length)));
    expect(numbers).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
    expect(frame.counts).toEqual({ like: 30 });
    expect(frame.sampledOut).toBe(20);
    expect(next).toEqual(log.end);
  });

  test("of several kinds each is counted exactly", () => {
    const log = logOf();
    append(log, "like", 5);
    const cursor = log.end;
    append(log, "like", 70);
    append(log, "wave", 31);
    const { frame } = log.read(cursor);
    expect(frame.events).toHaveLength(10);
    expect(frame.counts).toEqual({ like: 70, wave: 31 });
  });

  test("that are only counted are in the counts of frames, and of what slow viewers missed", () => {
    const log = logOf();
    append(log, "like", 2);
    const cursor = log.end;
    append(log, "like", 3);
    log.appendCount("like", undefined, 400);
    log.appendCount("react", "fire", 5);
    log.appendCount("react", "heart", 6);
    expect(log.hasAfter(cursor)).toBe(true);
    const counts = { like: 403, react: 11, "react:fire": 5, "react:heart": 6 };
    const { frame, next } = log.read(cursor);
    expect(frame).toMatchObject({ counts, sampledOut: 411 });
    expect(frame.events).toHaveLength(3);
    expect(log.hasAfter(next)).toBe(false);
    expect(log.summary(cursor, next)?.counts).toEqual(counts);
  });

  test("of a flood no more than four frames are kept, and counts stay exact", () => {
    const log = logOf();
    const cursors: Cursor[] = [];
    for (let n = 1; n <= 2_000; n += 1) {
      cursors.push(log.end);
      append(log, "like", 1, n);
    }
    const frames = cursors.map((cursor) => log.read(cursor).frame);
    // Each reader gets its own sample, so that together they are shown what is kept.
    const shown = new Set(frames.flatMap(ids));
    expect(shown.size).toBeGreaterThanOrEqual(10);
    expect(shown.size).toBeLessThanOrEqual(40);
    for (const [index, frame] of frames.entries()) {
      expect(totals([frame], "like")).toBe(2_000 - index);
    }
  });

  test("a sample stays within the bytes of a frame", () => {
    const size = event("like", "like-1", "x".repeat(100)).bytes.length;
    const log = logOf({ frameBytes: 3 * size });
    const cursor = log.end;
    for (let n = 1; n <= 5; n += 1) log.append(event("like", `like-${n}`, "x".repeat(100)));
    const { frame } = log.read(cursor);
    expect(frame.events).toHaveLength(3);
    expect(frame.counts).toEqual({ like: 5 });
  });

  test("one that is larger than a frame goes alone", () => {
    const log = logOf({ frameBytes: 50 });
    const cursor = log.end;
    log.append(event("like", "large", "x".repeat(100)));
    const { frame } = log.read(cursor);
    expect(ids(frame)).toEqual(["large"]);
    expect(frame.counts).toBeUndefined();
  });
});

describe("latest events", () => {
  test("a reader gets only the newest of each kind", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "viewers", 3);
    const { frame, next } = log.read(cursor);
    expect(ids(frame)).toEqual(["viewers-3"]);
    expect(frame.counts).toBeUndefined();
    append(log, "like", 1);
    expect(ids(log.read(next).frame)).toEqual(["like-1"]);
  });

  test("a new viewer gets the newest, however old, and nothing if there was none", () => {
    const log = logOf();
    const beginning = () => ({ ...log.end, position: 0 });
    append(log, "like", 3);
    expect(log.summary(beginning(), log.end)).toBeUndefined();
    append(log, "viewers", 2);
    append(log, "like", 3, 4);
    log.trim(log.end.position);
    const frame = log.summary(beginning(), log.end);
    expect(frame && ids(frame)).toEqual(["viewers-2"]);
    expect(frame?.counts).toBeUndefined();
  });

  test("they are not counted", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "viewers", 4);
    append(log, "like", 11);
    expect(log.read(cursor).frame.counts).toEqual({ like: 11 });
  });
});

describe("summaries and trimming", () => {
  test("a summary has exact counts of transient events and the newest values, but no events", () => {
    const log = logOf();
    append(log, "like", 3);
    const from = log.end;
    append(log, "like", 50);
    append(log, "comment", 2);
    append(log, "viewers", 2);
    const to = log.end;
    append(log, "like", 1);
    log.trim(to.position);
    const summary = log.summary(from, to);
    // Durable events are not counted: they are sent in full.
    expect(summary?.counts).toEqual({ like: 50 });
    expect(summary && ids(summary)).toEqual(["viewers-2"]);
  });

  test("trimming keeps later events and their counts", () => {
    const log = logOf();
    append(log, "comment", 5);
    const cursor = log.end;
    append(log, "comment", 2, 6);
    append(log, "like", 20);
    log.trim(cursor.position);
    const frames = readAll(log, cursor);
    expect(frames.flatMap(ids)).toEqual(expect.arrayContaining(["comment-6", "comment-7"]));
    expect(totals(frames, "comment")).toBe(2);
    expect(totals(frames, "like")).toBe(20);
  });
});

describe("a reader with slower frames", () => {
  test("gets every durable event, exact counts and a sample of the rest; the others get all", () => {
    const log = logOf();
    const slow = log.end;
    let quick = log.end;
    for (let round = 0; round < 50; round += 1) {
      append(log, "like", 8, 1 + 8 * round);
      append(log, "comment", 1, 1 + round);
      const { frame, next } = log.read(quick);
      expect(ids(frame)).toHaveLength(9);
      quick = next;
      log.trim(quick.position, slow.position);
    }
    const frames = readAll(log, slow);
    const shown = frames.flatMap(ids);
    expect(shown.filter((id) => id.startsWith("comment"))).toEqual(
      Array.from({ length: 50 }, (_, n) => `comment-${n + 1}`),
    );
    expect(totals(frames, "like")).toBe(400);
    expect(new Set(shown).size).toBe(shown.length);
  });

  test("gets each event while they are few", () => {
    const log = logOf();
    const slow = log.end;
    for (let n = 1; n <= 8; n += 1) {
      append(log, "like", 1, n);
      log.trim(log.end.position, slow.position);
    }
    const [frame, ...more] = readAll(log, slow);
    expect(frame && ids(frame)).toEqual(Array.from({ length: 8 }, (_, n) => `like-${n + 1}`));
    expect(frame?.counts).toBeUndefined();
    expect(more).toEqual([]);
    // The same after a flood.
    append(log, "like", 500);
    log.trim(log.end.position, slow.position);
    let from = log.end;
    for (let calm = 0; calm < 8; calm += 1) {
      log.trim(from.position);
      from = log.end;
      append(log, "like", 3);
      log.trim(log.end.position, from.position);
    }
    expect(log.read(from).frame.events).toHaveLength(3);
  });

  test("holds back no more durable events than the log takes", () => {
    const log = logOf();
    const slow = log.end;
    append(log, "comment", 4_096);
    log.trim(log.end.position, slow.position);
    expect(log.isFull).toBe(true);
    log.trim(log.end.position);
    expect(log.isFull).toBe(false);
  });
});

describe("values of state", () => {
  const value = (name: string, revision: number, isRemoval = false): FanoutEvent => ({
    ...event(name, `${name}-${revision}`),
    deliveryClass: "state",
    state: { name, revision, isRemoval },
  });

  test("that were removed are told to a viewer that reads slowly, and not to one that comes", () => {
    const log = logOf();
    log.append(value("score", 1));
    log.append(value("banner", 2));
    const behind = log.end;
    log.append(value("banner", 3, true));
    // The others have read it.
    log.trim(log.end.position);
    const missed = (from: Cursor) => log.summary(from, log.end)?.on("json").toString() ?? "";
    expect(missed(behind)).toMatch(/banner-3/);
    expect(missed(behind)).not.toMatch(/score/);
    expect(missed({ ...log.end, position: 0 })).toMatch(/score-1/);
    expect(missed({ ...log.end, position: 0 })).not.toMatch(/banner/);
  });
});
