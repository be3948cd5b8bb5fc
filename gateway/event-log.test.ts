import { describe, expect, test } from "vitest";
import type { DispatchedEvent } from "../shared/dispatched.ts";
import type { DeliveryClass } from "../shared/kinds.ts";
import { encodeMsgpack } from "../shared/wire/codec.ts";
import { type Cursor, EventLog } from "./event-log.ts";
import type { Frame } from "./frame.ts";

const CLASS_OF: Readonly<Record<string, DeliveryClass>> = {
  like: "transient",
  wave: "transient",
  comment: "durable",
  viewers: "latest",
};
const LIMITS = { frameEvents: 10, frameBytes: 65_536 };

function event(kind: string, id: string, data?: unknown): DispatchedEvent {
  const deliveryClass = CLASS_OF[kind] ?? "transient";
  return { kind, deliveryClass, bytes: encodeMsgpack({ id, kind, at: 1, data }) };
}

function logOf(limits: Partial<typeof LIMITS> = {}): EventLog {
  return new EventLog("launch", "epoch", { ...LIMITS, ...limits });
}

function append(log: EventLog, kind: string, count: number, from = 1): void {
  for (let n = from; n < from + count; n += 1) log.append(event(kind, `${kind}-${n}`));
}

interface Shown {
  readonly events: readonly { readonly id: string }[];
  readonly counts?: Readonly<Record<string, number>>;
}

function ids(frame: Frame): string[] {
  const message = JSON.parse(frame.on("json").toString()) as Shown;
  return message.events.map(({ id }) => id);
}

/** Every frame from the cursor to the end of the log. */
function readAll(log: EventLog, from: Cursor): Frame[] {
  const frames: Frame[] = [];
  for (let cursor = from; log.hasAfter(cursor); ) {
    const { frame, next } = log.read(cursor);
    expect(next.position).toBeGreaterThan(cursor.position);
    frames.push(frame);
    cursor = next;
  }
  return frames;
}

function totals(frames: readonly Frame[], kind: string): number {
  return frames.reduce((sum, { counts, events }) => {
    const shown = events.filter((one) => one.kind === kind).length;
    return sum + (counts === undefined ? shown : (counts[kind] ?? 0));
  }, 0);
}

describe("readers", () => {
  test("a reader gets what came after its cursor, in the order in which it came", () => {
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

  test("a cursor doesn't change when more comes", () => {
    const log = logOf();
    append(log, "like", 1);
    const cursor = log.end;
    const before = structuredClone(cursor);
    append(log, "like", 5);
    expect(cursor).toEqual(before);
  });

  test("readers at the same cursor get the very same frame, until more comes", () => {
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
  test("more than a frame holds are sampled evenly, the newest among them, with exact counts", () => {
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

  test("of a flood no more than four frames are kept, and counts stay exact", () => {
    const log = logOf();
    const cursors: Cursor[] = [];
    for (let n = 1; n <= 2_000; n += 1) {
      cursors.push(log.end);
      append(log, "like", 1, n);
    }
    const frames = cursors.map((cursor) => log.read(cursor).frame);
    // Each reader is shown a choice of its own, so that together they are shown what is kept.
    const shown = new Set(frames.flatMap(ids));
    expect(shown.size).toBeGreaterThanOrEqual(10);
    expect(shown.size).toBeLessThanOrEqual(40);
    for (const [index, frame] of frames.entries()) {
      expect(totals([frame], "like")).toBe(2_000 - index);
    }
  });

  test("a sample keeps within the bytes of a frame", () => {
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

describe("durable events", () => {
  test("none is sampled out: by count, they are split over frames in order", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "comment", 25);
    const frames = readAll(log, cursor);
    expect(frames.map(({ events }) => events.length)).toEqual([10, 10, 5]);
    expect(frames.flatMap(ids)).toEqual(Array.from({ length: 25 }, (_, n) => `comment-${n + 1}`));
    expect(frames.every(({ counts }) => counts === undefined)).toBe(true);
  });

  test("none is sampled out: by bytes, they are split over frames, a larger one alone", () => {
    const log = logOf({ frameBytes: 300 });
    const cursor = log.end;
    const sizes = [100, 100, 1_000, 100, 100];
    for (const [n, size] of sizes.entries()) {
      log.append(event("comment", `c${n}`, "x".repeat(size)));
    }
    expect(readAll(log, cursor).map(ids)).toEqual([["c0", "c1"], ["c2"], ["c3", "c4"]]);
  });

  test("a like between two frames of them is shown once, in the later one", () => {
    const log = logOf({ frameBytes: 300 });
    const cursor = log.end;
    log.append(event("comment", "c1", "x".repeat(100)));
    append(log, "like", 1);
    log.append(event("comment", "c2", "x".repeat(200)));
    expect(readAll(log, cursor).map(ids)).toEqual([["c1"], ["like-1", "c2"]]);
  });

  test("amid a flood of likes they all come, and the counts of all frames add up", () => {
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

  test("beyond what may wait they are counted, both as overflow and for viewers", () => {
    const log = logOf({ frameEvents: 10_000, frameBytes: 1_048_576 });
    const cursor = log.end;
    append(log, "comment", 4_100);
    const { frame } = log.read(cursor);
    expect(frame.events).toHaveLength(4_096);
    expect(frame.counts).toEqual({ comment: 4_100 });
    expect(log.takeOverflow()).toBe(4);
    expect(log.takeOverflow()).toBe(0);
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

  test("a newcomer gets the newest, however long ago, and nothing if there was none", () => {
    const log = logOf();
    append(log, "like", 3);
    expect(log.latest()).toBeUndefined();
    append(log, "viewers", 2);
    append(log, "like", 3, 4);
    log.trim(log.end.position);
    const frame = log.latest();
    expect(frame && ids(frame)).toEqual(["viewers-2"]);
    expect(frame?.counts).toBeUndefined();
  });

  test("they are in no counts", () => {
    const log = logOf();
    const cursor = log.end;
    append(log, "viewers", 4);
    append(log, "like", 11);
    expect(log.read(cursor).frame.counts).toEqual({ like: 11 });
  });
});

describe("what was missed, and what may go", () => {
  test("a summary tells exact counts between two cursors and the newest values, but no events", () => {
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
    expect(summary.counts).toEqual({ like: 50, comment: 2 });
    expect(ids(summary)).toEqual(["viewers-2"]);
  });

  test("trimming keeps what came after, and its counts", () => {
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

  test("trimming makes room for further durable events", () => {
    const log = logOf({ frameEvents: 10_000, frameBytes: 1_048_576 });
    append(log, "comment", 4_096);
    log.trim(log.end.position);
    const cursor = log.end;
    append(log, "comment", 4_096);
    expect(log.takeOverflow()).toBe(0);
    expect(log.read(cursor).frame.events).toHaveLength(4_096);
  });
});
