/**
 * Delivers what is held to the listeners of one video as the picture gets there. Listeners of
 * different kinds see the same order.
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { Playhead } from "../playhead.ts";
import type { Watcher } from "../watchers.ts";
import { core } from "./core.ts";
import { addCounts, type Dropped, type Held, HeldQueue, type QueueLimits } from "./held-queue.ts";

/** How often the playhead is read while something is held. */
const TICK_MS = 100;
/** A step forward of more than this skips a part: of the likes in it, only the number is shown. */
const SKIP_MS = 2_000;
/** What is this close behind the playhead is shown as it came, also after a skip. */
const FRESH_MS = 1_000;

export interface ReleaseOptions {
  readonly playhead: Playhead;
  /** The playhead can't be read. */
  onInvalid(cause: unknown): void;
  /** The playhead was read; `before` is what it was the last time. What is due is delivered next. */
  readonly onTick?: ((playhead: number, before: number | undefined) => void) | undefined;
  /** Of each listener's queue. */
  readonly limits?: QueueLimits;
  /** Whether it reads the playhead although nothing is held. */
  readonly isRestless?: boolean;
}

export class Release {
  readonly #options: ReleaseOptions;
  readonly #queues = new Map<Watcher, HeldQueue>();
  #orders = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isComing = false;
  #isInvalid = false;
  #playhead: number | undefined;
  #farthest = -Infinity;
  #position: number | undefined;
  #dropped: Dropped | undefined;

  constructor(options: ReleaseOptions) {
    this.#options = options;
  }

  /** The latest moment that the viewer has seen. */
  get farthest(): number {
    return this.#farthest;
  }

  /** How many items are held, of all listeners. */
  get held(): number {
    return [...this.#queues.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** The `seq` of the newest durable event that was delivered. */
  get position(): number | undefined {
    return this.#position;
  }

  get watchers(): readonly Watcher[] {
    return [...this.#queues.keys()];
  }

  /** Returns the queue of what the watcher is to get. */
  add(watcher: Watcher): HeldQueue {
    const queue = new HeldQueue(() => {
      this.#orders += 1;
      return this.#orders;
    }, this.#options.limits);
    this.#queues.set(watcher, queue);
    this.soon();
    return queue;
  }

  remove(watcher: Watcher): void {
    this.#queues.delete(watcher);
    if (this.#queues.size === 0) clearTimeout(this.#timer);
  }

  has(watcher: Watcher): boolean {
    return this.#queues.has(watcher);
  }

  /** Durable events were dropped, since too many are held. */
  drop(dropped: Dropped): void {
    const before = this.#dropped;
    this.#dropped = before === undefined ? dropped : { ...before, oldest: dropped.oldest };
  }

  /** Delivers what is due, when all that arrives together has arrived. */
  soon(): void {
    if (this.#isComing) return;
    this.#isComing = true;
    queueMicrotask(() => {
      this.#isComing = false;
      this.#tick();
    });
  }

  #tick(): void {
    clearTimeout(this.#timer);
    if (this.#queues.size === 0) return;
    const before = this.#playhead;
    const playhead = this.#read();
    if (playhead !== undefined) {
      this.#playhead = playhead;
      this.#farthest = Math.max(this.#farthest, playhead);
      this.#options.onTick?.(playhead, before);
      const isSkip = before === undefined || playhead - before > SKIP_MS;
      this.#deliver(playhead, isSkip ? playhead - FRESH_MS : -Infinity);
    }
    if (this.held > 0 || this.#options.isRestless === true) {
      this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    }
  }

  #read(): number | undefined {
    try {
      const date = this.#options.playhead();
      if (date === undefined) return undefined;
      const time = date.getTime();
      if (!Number.isNaN(time)) return time;
      this.#invalid(new TypeError("an invalid Date"));
    } catch (error) {
      this.#invalid(error);
    }
    return undefined;
  }

  #invalid(cause: unknown): void {
    if (this.#isInvalid) return;
    this.#isInvalid = true;
    this.#options.onInvalid(cause);
  }

  /** @param fresh transient events from before this moment are only counted */
  #deliver(playhead: number, fresh: number): void {
    if (this.#dropped !== undefined && this.#dropped.due <= playhead) this.#tellDropped();
    const due = [...this.#queues].flatMap(([watcher, queue]) =>
      queue.take(playhead).map((held) => ({ ...held, watcher })),
    );
    if (this.#queues.size > 1)
      due.sort((one, other) => one.due - other.due || one.order - other.order);
    const frames = new Map<Watcher, OpenFrame>();
    for (const { watcher, ...held } of due) {
      // Another listener may have removed this one.
      if (this.#queues.has(watcher)) this.#show(watcher, held, fresh, frames);
    }
    for (const [watcher, frame] of frames) this.#close(watcher, frame);
  }

  #show(
    watcher: Watcher,
    { due, item }: Held,
    fresh: number,
    frames: Map<Watcher, OpenFrame>,
  ): void {
    const { onEvent, onFrame, onMissed, onJoined } = watcher;
    if ("missed" in item || "joined" in item) {
      const frame = frames.get(watcher);
      frames.delete(watcher);
      if (frame !== undefined) this.#close(watcher, frame);
      if ("joined" in item) onJoined?.(item.joined, item.isNow);
      else if (onMissed !== undefined) core.notify(onMissed, item.missed);
      return;
    }
    const frame = frames.get(watcher) ?? { events: [], counts: {} };
    if (onFrame !== undefined) frames.set(watcher, frame);
    if ("counts" in item) return addCounts(frame.counts, item.counts);
    const { event, names } = item;
    for (const name of names) addCounts(frame.counts, { [name]: 1 });
    const { seq } = event;
    if (seq === undefined && names.length > 0 && due < fresh) return;
    if (seq !== undefined) this.#position = Math.max(this.#position ?? 0, seq);
    frame.events.push(event);
    if (onEvent !== undefined) core.notify(onEvent, event);
  }

  #close(watcher: Watcher, frame: OpenFrame): void {
    if (watcher.onFrame === undefined || !this.#queues.has(watcher)) return;
    core.notify(watcher.onFrame, frame);
  }

  #tellDropped(): void {
    const { after, oldest } = this.#dropped ?? {};
    this.#dropped = undefined;
    for (const { onMissed } of this.watchers) {
      if (onMissed !== undefined) {
        core.notify(onMissed, { after, oldest, isNewHistory: false });
      }
    }
  }
}

interface OpenFrame {
  readonly events: OvationEvent[];
  readonly counts: Record<string, number>;
}
