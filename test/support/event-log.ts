/** Event logs filled with events, and the contents of their frames. */
import { expect } from "vitest";
import type { Cursor } from "../../gateway/delivery/cursor.ts";
import { EventLog } from "../../gateway/delivery/event-log.ts";
import type { Frame } from "../../gateway/delivery/frame.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

const LIMITS = { frameEvents: 10, frameBytes: 65_536 };

function bytesOf(kind: string, id: string, data?: unknown): Buffer {
  return encodeMsgpack({ id, kind, at: 1, data });
}

/** An event that is not stored, as a dispatcher sends it; the kind determines its class. */
export function event(kind: string, id: string, data?: unknown): FanoutEvent {
  const deliveryClass = kind === "viewers" ? "latest" : "transient";
  return { kind, deliveryClass, bytes: bytesOf(kind, id, data) };
}

/** An empty log with small frames. */
export function logOf(limits: Partial<typeof LIMITS> = {}): EventLog {
  return new EventLog("launch", (seq) => `epoch:${seq}`, { ...LIMITS, ...limits });
}

/** Appends an event according to its class; a durable one becomes the next of the chain. */
export function appendEvent(log: EventLog, kind: string, id: string, data?: unknown): void {
  if (kind !== "comment") return log.append(event(kind, id, data));
  const bytes = bytesOf(kind, id, data);
  log.appendDurable({ kind, id, bytes, seq: (log.end.seq ?? 0) + 1 });
}

/** Appends events `kind-1`, `kind-2` and so on. */
export function append(log: EventLog, kind: string, count: number, from = 1): void {
  for (let n = from; n < from + count; n += 1) appendEvent(log, kind, `${kind}-${n}`);
}

interface Shown {
  readonly events: readonly { readonly id: string }[];
  readonly counts?: Readonly<Record<string, number>>;
}

/** The ids of the events in a frame. */
export function ids(frame: Frame): string[] {
  const message = JSON.parse(frame.on("json").toString()) as Shown;
  return message.events.map(({ id }) => id);
}

/** Every frame from the cursor to the end of the log; fails if the cursor does not advance. */
export function readAll(log: EventLog, from: Cursor): Frame[] {
  const frames: Frame[] = [];
  for (let cursor = from; log.hasAfter(cursor); ) {
    const { frame, next } = log.read(cursor);
    expect(next.position).toBeGreaterThan(cursor.position);
    frames.push(frame);
    cursor = next;
  }
  return frames;
}

/** How many events of a kind the frames report. */
export function totals(frames: readonly Frame[], kind: string): number {
  return frames.reduce((sum, { counts, events }) => {
    const shown = events.filter((one) => one.kind === kind).length;
    return sum + (counts === undefined ? shown : (counts[kind] ?? 0));
  }, 0);
}
