/**
 * Plays what happened on a video along a recording of it: its comments, and the likes of its timeline.
 * After a seek it starts over from there, as if the viewer had just come.
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { TOTALS_KIND, VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Playhead } from "../playhead.ts";
import type { Watcher } from "../watchers.ts";
import { core } from "./core.ts";
import { type PlacedSlot, SLOT_MS, stepsOf, totalsAfter } from "./heart-slots.ts";
import { addCounts, type HeldQueue } from "./held-queue.ts";
import type { ReplayHost, VideoPart } from "./host.ts";
import { Release } from "./release.ts";
import { type Part, ReplayPages } from "./replay-pages.ts";

/** Not imported: a module that the core uses too would be loaded as a further file. */
const TOTALS: typeof TOTALS_KIND = "totals";
const VIEWERS: typeof VIEWERS_KIND = "viewers";
/** A step back of more than this is a seek. */
const BACK_MS = 1_000;
/** So is a step forward of more than this, beyond what a timer of a hidden page may sleep. */
const FORWARD_MS = 10_000;
/** The fastest playback that is no seek. */
const RATE = 4;
/** Shown events that are kept for listeners that are added later. */
const RECENT_LIMIT = 1_000;

export interface ReplayOptions extends Part {
  readonly playhead: Playhead;
  readonly onInvalid: (cause: unknown) => void;
}

export class Replay implements VideoPart {
  readonly #video: string;
  readonly #host: ReplayHost;
  readonly #options: ReplayOptions;
  readonly #now: () => number;
  readonly #release: Release;
  readonly #queues = new Map<Watcher, HeldQueue>();
  #kinds: readonly string[] | undefined;
  /** Undefined until there is a listener and the playhead is known. */
  #pages: ReplayPages | undefined;
  #playhead = -Infinity;
  #tickedAt = 0;
  /** What was read from where it last began, oldest first. */
  #events: OvationEvent[] = [];
  #slots: PlacedSlot[] = [];
  /** What there was where it last began; undefined until it is known. */
  #totals: Counts | undefined;
  /** At least what listeners were told last. */
  #told: Counts = {};

  /** @param now any clock, in milliseconds */
  constructor(video: string, host: ReplayHost, options: ReplayOptions, now = Date.now) {
    this.#video = video;
    this.#host = host;
    this.#options = options;
    this.#now = now;
    const { playhead, from, to, onInvalid } = options;
    this.#release = new Release({
      playhead: () => {
        const date = playhead();
        return date && new Date(Math.min(Math.max(date.getTime(), from), to));
      },
      onInvalid,
      onTick: (moment) => this.#tick(moment),
      isRestless: true,
    });
  }

  watch(watcher: Watcher): () => void {
    const queue = this.#release.add(watcher);
    this.#queues.set(watcher, queue);
    const isShown = ({ at }: OvationEvent) => at <= this.#playhead;
    this.#addBefore(watcher, queue, this.#events.filter(isShown));
    for (const event of this.#events) if (!isShown(event)) addEvent(queue, event);
    if (this.#totals !== undefined) this.#join(watcher, queue);
    for (const slot of this.#slots) this.#addSlot(queue, slot, this.#playhead);
    return () => {
      this.#release.remove(watcher);
      this.#queues.delete(watcher);
      if (this.#queues.size === 0) this.#stop();
    };
  }

  channel() {
    return {
      isTransient: (kind: string) => this.#kinds?.includes(kind) === true,
      position: this.#release.position,
      epoch: undefined,
      recent: (limit: number) => {
        const shown = this.#events.filter(({ at }) => at <= this.#playhead);
        return limit > 0 ? shown.slice(-limit) : [];
      },
      newest: (kind: string) => {
        const slot = this.#slotNow();
        return kind === VIEWERS && slot !== undefined ? viewersOf(slot) : undefined;
      },
    };
  }

  #tick(playhead: number): void {
    const since = this.#now() - this.#tickedAt;
    this.#tickedAt += since;
    const step = playhead - this.#playhead;
    if (this.#pages === undefined) this.#begin(playhead);
    else if (step < -BACK_MS || step > FORWARD_MS + RATE * since) this.#seek(playhead);
    else if (step > 0) this.#playhead = playhead;
    this.#pages?.tick(this.#playhead);
    this.#forget();
  }

  #seek(playhead: number): void {
    this.#stop();
    for (const queue of this.#queues.values()) queue.clear();
    this.#tellMissed(true);
    this.#begin(playhead);
  }

  #begin(playhead: number): void {
    this.#playhead = playhead;
    const { from, to } = this.#options;
    const recording = { video: this.#video, host: this.#host, part: { from, to } };
    const each = (add: (queue: HeldQueue, watcher: Watcher) => void) => {
      for (const [watcher, queue] of this.#queues) add(queue, watcher);
      this.#release.soon();
    };
    this.#pages = new ReplayPages(recording, () => this.#readKinds(), playhead, {
      onBefore: (events) => {
        this.#events.push(...events);
        each((queue, watcher) => this.#addBefore(watcher, queue, events));
      },
      onEvents: (events) => {
        this.#events.push(...events);
        each((queue) => {
          for (const event of events) addEvent(queue, event);
        });
      },
      onTotals: (totals) => {
        this.#totals = totals;
        each((queue, watcher) => this.#join(watcher, queue));
      },
      onSlots: (slots) => {
        this.#slots.push(...slots);
        each((queue) => {
          for (const slot of slots) this.#addSlot(queue, slot, playhead);
        });
      },
      onTruncated: () => {
        this.#tellMissed(false);
      },
    });
    const wanted = [...this.#queues.keys()].map(({ history }) => history);
    this.#pages.start(Math.max(0, ...wanted));
  }

  #stop(): void {
    this.#pages?.stop();
    this.#pages = undefined;
    this.#events = [];
    this.#slots = [];
    this.#totals = undefined;
  }

  async #readKinds(): Promise<void> {
    this.#kinds ??= await this.#host.overHttp((chunk, http) =>
      chunk.readTransientKinds(http, this.#video),
    );
  }

  #addBefore({ history }: Watcher, queue: HeldQueue, events: readonly OvationEvent[]): void {
    if (history > 0) for (const event of events.slice(-history)) addEvent(queue, event);
  }

  /** Tells what there is so far. A seek back makes it less, which only a fall of totals shows. */
  #join({ onJoined }: Watcher, queue: HeldQueue): void {
    const totals = this.#totalsNow();
    onJoined?.(totals, false);
    if (Object.keys(this.#told).length > 0) {
      queue.addEvent(totalsEvent(this.#told, this.#playhead), []);
    }
    queue.addEvent(totalsEvent(totals, this.#playhead), []);
  }

  #tellMissed(isNewHistory: boolean): void {
    const missed = { after: undefined, oldest: undefined, isNewHistory };
    for (const { onMissed } of [...this.#queues.keys()]) {
      if (onMissed !== undefined) core.notify(onMissed, missed);
    }
  }

  #totalsNow(): Counts {
    const slot = this.#slotNow();
    if (slot === undefined) return this.#totals ?? {};
    const sum = { ...slot.before };
    for (const { due, counts } of stepsOf(slot, this.#kinds ?? [])) {
      if (due <= this.#playhead) addCounts(sum, counts);
    }
    return sum;
  }

  #slotNow(): PlacedSlot | undefined {
    return this.#slots.filter(({ at }) => at <= this.#playhead).at(-1);
  }

  /** @param after what was before it is only in the totals */
  #addSlot(queue: HeldQueue, slot: PlacedSlot, after: number): void {
    const { to } = this.#options;
    const end = Math.min(slot.at + SLOT_MS, to);
    if (end <= after) return;
    if (slot.viewers !== undefined) queue.addEvent(viewersOf(slot), []);
    for (const { due, counts } of stepsOf(slot, this.#kinds ?? [])) {
      if (due > after) queue.addCounts(Math.min(due, to), counts);
    }
    const totals = totalsAfter(slot);
    queue.addEvent(totalsEvent(totals, end), []);
    const told: Record<string, number> = { ...this.#told };
    for (const [name, count] of Object.entries(totals))
      told[name] = Math.max(told[name] ?? 0, count);
    this.#told = told;
  }

  /** What was shown is kept only as far as listeners may want it. */
  #forget(): void {
    const shown = this.#events.filter(({ at }) => at <= this.#playhead).length;
    if (shown > 2 * RECENT_LIMIT) this.#events.splice(0, shown - RECENT_LIMIT);
    const slots = this.#slots.filter(({ at }) => at + SLOT_MS <= this.#playhead).length;
    if (slots > 1) this.#slots.splice(0, slots - 1);
  }
}

function addEvent(queue: HeldQueue, event: OvationEvent): void {
  queue.addEvent(event, [event.kind]);
}

function viewersOf({ at, viewers = 0 }: PlacedSlot): OvationEvent {
  return { id: `~viewers-${at}`, kind: VIEWERS, at, data: { viewers } };
}

function totalsEvent(data: Counts, at: number): OvationEvent {
  return { id: `~totals-${at}`, kind: TOTALS, at, data };
}
