/**
 * Decides when each group of viewers gets its frame. Each group has its own time slot in the frame
 * interval, so that a large audience is written to in slices and no more than one group blocks the
 * event loop at a time.
 */
import { performance } from "node:perf_hooks";
import TinyQueue from "tinyqueue";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { FrameInterval } from "./frame-interval.ts";
import type { SharedWrites } from "./shared-writes.ts";

/** A group of viewers of one video, as the scheduler sees it. */
export interface FrameGroup {
  /** When its next frame is sent; at once if that has passed. */
  dueAt: number;
  /** Whether the scheduler has it in its queue. */
  queued: boolean;
  /** When it was queued. */
  queuedAt: number;
  /** Its offset in the interval, 0 to 1: spreads the groups of one video after a pause. */
  readonly phase: number;
  readonly size: number;
  /** Viewers of its video, in all groups. */
  readonly audience: number;
  /** The least time between its frames, if its viewers asked for that; 0 if not. */
  readonly everyMs: number;
  /** Writes a frame; returns whether something is left for another one. */
  flush(): boolean;
}

interface SchedulerOptions {
  readonly interval: FrameInterval;
  /** Collects the frames of a pass. */
  readonly writes: Pick<SharedWrites, "begin" | "end">;
  /** Viewers written to in one pass of the event loop, at least one group. */
  readonly viewersPerPass: number;
  readonly now: MonotonicClock;
}

const OBSERVE_EVERY_MS = 100;

export class FrameScheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new TinyQueue<FrameGroup>([], (one, other) => one.dueAt - other.dueAt);
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #observer: NodeJS.Timeout | undefined;
  #utilization = performance.eventLoopUtilization();
  #lateMs = 0;
  #flushed = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get queuedGroups(): number {
    return this.#queue.length;
  }

  /** How late frames were on average since this was last called, in milliseconds. */
  takeLateMs(): number {
    const late = this.#flushed === 0 ? 0 : this.#lateMs / this.#flushed;
    this.#lateMs = 0;
    this.#flushed = 0;
    return late;
  }

  start(): void {
    this.#observer = setInterval(() => this.#observe(), OBSERVE_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#observer);
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** The group has something to send. */
  schedule(group: FrameGroup): void {
    if (group.queued) return;
    group.queued = true;
    group.queuedAt = this.#options.now();
    this.#queue.push(group);
    this.#arm();
  }

  #observe(): void {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    this.#options.interval.observe(utilization);
  }

  /** Schedules the next pass for the time of the first group in the queue. */
  #arm(): void {
    const first = this.#queue.peek();
    if (first === undefined || this.#immediate !== undefined) return;
    const wait = first.dueAt - this.#options.now();
    clearTimeout(this.#timer);
    // At the end of this event loop turn, so that all events of it share the frame.
    if (wait <= 0) this.#immediate = setImmediate(() => this.#pass());
    else this.#timer = setTimeout(() => this.#pass(), Math.ceil(wait));
  }

  #pass(): void {
    this.#immediate = undefined;
    const { now, viewersPerPass, writes } = this.#options;
    let written = 0;
    writes.begin();
    for (let group = this.#queue.peek(); group !== undefined; group = this.#queue.peek()) {
      if (group.dueAt > now()) break;
      if (written > 0 && written + group.size > viewersPerPass) break;
      this.#queue.pop();
      written += group.size;
      group.queued = false;
      this.#flush(group);
    }
    writes.end();
    this.#arm();
  }

  #flush(group: FrameGroup): void {
    const { now } = this.#options;
    const intervalMs = this.#options.interval.msFor(group.audience);
    const at = now();
    this.#lateMs += at - Math.max(group.dueAt, group.queuedAt);
    this.#flushed += 1;
    const isSteady = at - group.dueAt < intervalMs;
    const hasMore = group.flush();
    if (group.everyMs > intervalMs) group.dueAt = nextTick(at, group);
    // After a pause, all groups of a video are written at once; their phases spread them again.
    else group.dueAt = isSteady ? group.dueAt + intervalMs : at + intervalMs * group.phase;
    if (hasMore) {
      // What didn't fit into the frame doesn't wait for the interval.
      group.dueAt = at;
      this.schedule(group);
    }
  }
}

/**
 * The next moment for the frames of a pace. It is the same for all videos, but for the phases of
 * large ones, so that a viewer of several gets their frames together.
 */
function nextTick(at: number, { everyMs, phase }: FrameGroup): number {
  const offset = (phase % 1) * everyMs;
  return at - ((at - offset) % everyMs) + everyMs;
}
