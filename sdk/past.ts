/**
 * Gives each watcher of a video the past that it asks for, before what comes live: as it follows the
 * answer to the subscription, out of what is kept here, or else as read from the history.
 */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { Chain, Missed } from "./chain.ts";
import { isPassing, type OvationError } from "./error.ts";
import { Recent } from "./recent.ts";
import type { HistoryPage, HistoryQuery } from "./video.ts";
import { WAITING, type Watcher, type Watchers } from "./watchers.ts";

export interface PastOptions {
  readonly random: () => number;
  readHistory(query: HistoryQuery): Promise<HistoryPage>;
  /** The video can't be watched, or its past can't be read. */
  onRefused(error: OvationError): void;
}

/** What a subscription brings of the past: so many events, up to a place. */
interface Fresh {
  readonly last: number;
  readonly seq: number;
}

/** Events that are kept for those who wait for their past; the longest past is half of it. */
const HELD_LIMIT = 2_000;
/** Reads that may fail in a row; then those who wait for them are told that they miss something. */
const READ_TRIES = 4;
const RETRY_MS = 500;

export class Past {
  readonly recent = new Recent();
  readonly #watchers: Watchers;
  readonly #chain: Chain;
  readonly #options: PastOptions;
  /** Those whose past has to be read, with the place at which they came. */
  readonly #waiting = new Map<Watcher, number>();
  /** The most that any watcher wants. */
  #wanted = 0;
  /** So many of the newest events are here, if the history has so many. */
  #depth = 0;
  /** What a subscription brings, until it has come. */
  #arriving: Fresh | undefined;
  /** Whether a subscription stands, so that it is known from where on events come live. */
  #isJoined = false;
  #isLinked = false;
  #isReading = false;

  constructor(watchers: Watchers, chain: Chain, options: PastOptions) {
    this.#watchers = watchers;
    this.#chain = chain;
    this.#options = options;
  }

  /** How much of the past a subscription asks for. */
  get wanted(): number {
    return this.#wanted;
  }

  add(watcher: Watcher): void {
    const { history } = watcher;
    this.#wanted = Math.max(this.#wanted, history);
    // One that comes before the first answer gets its past as all others do.
    if (!this.#isJoined) return;
    const at = this.#end;
    const here = this.#arriving ? 0 : Math.max(this.#depth, this.recent.all.length);
    if (history > here) this.#wait(watcher, at);
    else this.#watchers.set(watcher, history > 0 ? WAITING : at);
    // Not while its listener is still being made.
    queueMicrotask(() => {
      if (history > 0 && !this.#waiting.has(watcher)) this.#give(watcher);
    });
  }

  /** @param fresh the past that follows, unless the chain is continued */
  joined(fresh: Fresh | undefined): void {
    this.#isJoined = this.#isLinked = true;
    if (fresh !== undefined) {
      const { seq, last } = fresh;
      this.#depth = 0;
      this.#arriving = last > 0 && seq > 0 ? fresh : undefined;
      for (const watcher of this.#watchers.all()) {
        if (watcher.history === 0) this.#watchers.set(watcher, seq);
        // What comes is not what it asks for.
        else if (watcher.history !== last) this.#wait(watcher, seq);
      }
    }
    void this.#read();
  }

  /** The link is gone: nothing is read before there is another. */
  pause(): void {
    this.#isLinked = false;
  }

  /** Takes note of events that come in the chain, before they are given. */
  observe(events: readonly OvationEvent[]): void {
    this.recent.add(events, this.#waiting.size > 0 ? HELD_LIMIT : this.#wanted);
    const { seq: end = Number.POSITIVE_INFINITY, last = 0 } = this.#arriving ?? {};
    // The past comes before all else.
    if (!events.some(({ seq = end }) => seq >= end)) return;
    this.#depth = Math.max(this.#depth, last);
    this.#arriving = undefined;
  }

  /** Durable events are lost: tells so, and begins again with what follows. */
  miss(missed: Missed): void {
    this.#giveWaiting();
    this.recent.clear();
    this.#depth = 0;
    for (const watcher of this.#watchers.all()) this.#watchers.set(watcher, 0);
    this.#watchers.miss(missed);
  }

  /** Up to here the past goes; from here on, events come live. */
  get #end(): number {
    return Math.max(this.#arriving?.seq ?? 0, this.#chain.seq ?? 0);
  }

  #wait(watcher: Watcher, at: number): void {
    this.#waiting.set(watcher, at);
    this.#watchers.set(watcher, WAITING);
    void this.#read();
  }

  /** @param at where the watcher came: what is after it is no part of the past */
  #give(watcher: Watcher, at = WAITING): void {
    this.#waiting.delete(watcher);
    if (!this.#watchers.has(watcher)) return;
    const { all } = this.recent;
    const live = all.filter(({ seq = 0 }) => seq > at).length;
    this.#watchers.set(watcher, 0);
    this.#watchers.give(this.recent.newest(watcher.history + live), { to: [watcher] });
    this.#watchers.set(watcher, all.at(-1)?.seq ?? 0);
  }

  /** To those who wait for no more than `limit` events. */
  #giveWaiting(limit = WAITING): void {
    for (const [watcher, at] of this.#waiting) {
      if (watcher.history <= limit) this.#give(watcher, at);
    }
  }

  /** Reads the history for those who wait. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    for (let tries = 1; this.#waiting.size > 0 && this.#isLinked; tries += 1) {
      const waiting = [...this.#waiting.keys()];
      const limit = Math.max(...waiting.map(({ history }) => history));
      try {
        const query = { limit, before: this.#end + 1 };
        const { events, epoch } = await this.#options.readHistory(query);
        // Of another history we are told in a moment.
        if (epoch === (this.#chain.epoch ?? epoch)) {
          this.recent.add(events, HELD_LIMIT);
          this.#depth = Math.max(this.#depth, limit);
          this.#giveWaiting(limit);
          tries = 0;
          continue;
        }
      } catch (error) {
        if (this.#isLinked && !(tries < READ_TRIES && isWorthATry(error as OvationError))) {
          this.#options.onRefused(error as OvationError);
          const missed = { after: undefined, oldest: undefined, isNewHistory: false };
          this.#watchers.miss(missed, waiting);
          this.#giveWaiting();
        }
      }
      await new Promise((resolve) => {
        setTimeout(resolve, this.#options.random() * RETRY_MS * 2 ** tries);
      });
    }
    this.#isReading = false;
  }
}

function isWorthATry({ code }: OvationError): boolean {
  return /^(unreachable|chunk_)/.test(code) || isPassing(code);
}
