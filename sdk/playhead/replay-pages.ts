/**
 * Reads a recording's comments and timeline a little ahead of its picture, from where it was last
 * moved to.
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { OvationError } from "../error.ts";
import { core } from "./core.ts";
import { type PlacedSlot, SLOT_MS, slotStart, totalsAfter } from "./heart-slots.ts";
import { addCounts } from "./held-queue.ts";
import type { ReplayHost } from "./host.ts";

/** Comments that are read at a time, and fewer than which are ahead when more are read. */
const PAGE_EVENTS = 500;
const AHEAD_EVENTS = 250;
/** How much of the timeline is read at a time, and how much is ahead when more is read. */
const WINDOW_MS = 120_000;
const AHEAD_MS = 30_000;
/** The longest time that one request for the timeline may be about. */
const DAY_MS = 86_400_000;
/** An event may be stored this long after it was accepted, which is its time. */
const LATE_MS = 10_000;
const RETRY_MS = 5_000;

/** The part that is played, in milliseconds since 1970; `to` is not included. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** What is read is handed over here. */
export interface PagesHandlers {
  /** Events before the moment at which it began, oldest first. */
  onBefore(events: readonly OvationEvent[]): void;
  onEvents(events: readonly OvationEvent[]): void;
  onSlots(slots: readonly PlacedSlot[]): void;
  /** @param totals what there was up to the slot in which it begins */
  onTotals(totals: Counts): void;
  /** A part of the recording is no longer kept. */
  onTruncated(): void;
}

export class ReplayPages {
  readonly #video: string;
  readonly #host: ReplayHost;
  readonly #part: Part;
  readonly #kinds: () => Promise<unknown>;
  readonly #handlers: PagesHandlers;
  readonly #reported = new Set<string>();
  #waiting: { readonly isDue: () => boolean; readonly resolve: () => void }[] = [];
  #isStopped = false;
  #playhead: number;

  /** @param kinds what must be known before the timeline can be shown */
  constructor(
    { video, host, part }: { video: string; host: ReplayHost; part: Part },
    kinds: () => Promise<unknown>,
    begin: number,
    handlers: PagesHandlers,
  ) {
    this.#video = video;
    this.#host = host;
    this.#part = part;
    this.#kinds = kinds;
    this.#playhead = begin;
    this.#handlers = handlers;
  }

  /** @param history how many events before the beginning to read */
  start(history: number): void {
    const begin = this.#playhead;
    this.#run(() => this.#events(begin, history));
    this.#run(() => this.#timeline(begin));
  }

  /** The picture is there now. */
  tick(playhead: number): void {
    this.#playhead = playhead;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ isDue }) => !isDue());
    for (const { isDue, resolve } of waiting) if (isDue()) resolve();
  }

  stop(): void {
    this.#isStopped = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** A failure that is worth no repeat ends it until the next seek; it was reported. */
  #run(work: () => Promise<void>): void {
    void work().catch(() => undefined);
  }

  async #events(begin: number, history: number): Promise<void> {
    const { from, to } = this.#part;
    const isIn = ({ at }: OvationEvent) => at >= from && at < to;
    if (history > 0) {
      const query = { to: begin, limit: history };
      const { events } = await this.#read(() => this.#host.history(this.#video, query));
      this.#handlers.onBefore(events.filter(isIn));
    }
    let after: number | undefined;
    for (;;) {
      const start = after === undefined ? { from: begin } : { after };
      const query = { ...start, to: to + LATE_MS, limit: PAGE_EVENTS };
      const page = await this.#read(() => this.#host.history(this.#video, query));
      if (after === undefined && page.isTruncated) this.#handlers.onTruncated();
      this.#handlers.onEvents(page.events.filter(isIn));
      after = page.events.at(-1)?.seq;
      if (!page.more || after === undefined) return;
      const next = page.events.at(-AHEAD_EVENTS)?.at ?? begin;
      await this.#until(() => this.#playhead >= next);
    }
  }

  async #timeline(begin: number): Promise<void> {
    const { from, to } = this.#part;
    await this.#read(this.#kinds);
    let before: Record<string, number> = {};
    for (let at = slotStart(from); at < slotStart(begin); at += DAY_MS) {
      const query = { from: at, to: Math.min(at + DAY_MS, slotStart(begin)), step: DAY_MS };
      for (const { counts } of await this.#slots(query)) addCounts(before, counts);
    }
    this.#handlers.onTotals({ ...before });
    for (let at = slotStart(begin); at < to; at += WINDOW_MS) {
      const query = { from: at, to: Math.min(at + WINDOW_MS, slotStart(to - 1) + SLOT_MS) };
      const placed: PlacedSlot[] = [];
      for (const slot of await this.#slots({ ...query, step: SLOT_MS })) {
        const here = { ...slot, before: { ...before } };
        placed.push(here);
        before = { ...totalsAfter(here) };
      }
      this.#handlers.onSlots(placed);
      await this.#until(() => this.#playhead >= at + WINDOW_MS - AHEAD_MS);
    }
  }

  #slots(query: { from: number; to: number; step: number }) {
    return this.#read(() =>
      this.#host.overHttp((chunk, http) => chunk.readTimeline(http, this.#video, query)),
    );
  }

  /** Repeats what fails and is worth it. @throws OvationError when it isn't, or it is stopped */
  async #read<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      let waitMs = RETRY_MS;
      try {
        const result = await work();
        if (!this.#isStopped) return result;
      } catch (cause) {
        const error = cause as OvationError;
        if (this.#isStopped) throw error;
        if (!this.#reported.has(error.code)) this.#host.report(error);
        this.#reported.add(error.code);
        if (!/^(unreachable|chunk_)/.test(error.code) && !core.isRetryable(error.code)) throw error;
        waitMs = error.retryAfterMs ?? RETRY_MS;
      }
      if (!this.#isStopped) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (this.#isStopped) throw new Error("stopped");
    }
  }

  async #until(isDue: () => boolean): Promise<void> {
    if (!isDue()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push({ isDue, resolve });
      });
    }
    if (this.#isStopped) throw new Error("stopped");
  }
}
