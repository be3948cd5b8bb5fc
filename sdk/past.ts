/**
 * Gives each watcher of a video the history that it requests, before live events: as it follows the
 * answer to the subscription, from the events kept here, or else by reading the history.
 */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { Chain, Missed } from "./chain.ts";
import { isRetryable, type OvationError } from "./error.ts";
import type { HistoryPage, HistoryQuery } from "./history.ts";
import { Recent } from "./recent.ts";
import { WAITING, type Watcher, type Watchers } from "./watchers.ts";

export interface PastOptions {
  readonly random: () => number;
  readHistory(query: HistoryQuery): Promise<HistoryPage>;
  /** The video can't be watched, or its history can't be read. */
  onRefused(error: OvationError): void;
}

/** The history that a subscription delivers: the last `last` events, up to `seq`. */
interface Fresh {
  readonly last: number;
  readonly seq: number;
}

/** Events kept for watchers that wait for their history; twice the longest history. */
const HELD_LIMIT = 2_000;
/** After this many failed reads in a row, the waiting watchers get `onMissed`. */
const READ_TRIES = 4;
const RETRY_MS = 500;

export class Past {
  readonly recent = new Recent();
  readonly #watchers: Watchers;
  readonly #chain: Chain;
  readonly #options: PastOptions;
  /** Watchers whose history has to be read, with the `seq` at which they were added. */
  readonly #waiting = new Map<Watcher, number>();
  /** The longest history that any watcher requests. */
  #wanted = 0;
  /** How many of the newest events are here, if the history has as many. */
  #depth = 0;
  /** The history that a subscription delivers, until it has arrived. */
  #arriving: Fresh | undefined;
  /** Whether there has been a subscription, so that it is known where live events start. */
  #isJoined = false;
  #isLinked = false;
  #isReading = false;

  constructor(watchers: Watchers, chain: Chain, options: PastOptions) {
    this.#watchers = watchers;
    this.#chain = chain;
    this.#options = options;
  }

  /** How many events of the history a subscription requests. */
  get wanted(): number {
    return this.#wanted;
  }

  add(watcher: Watcher): void {
    const { history } = watcher;
    this.#wanted = Math.max(this.#wanted, history);
    // Watchers that are added before the first answer get their history with it.
    if (!this.#isJoined) return;
    const at = this.#end;
    const here = this.#arriving ? 0 : Math.max(this.#depth, this.recent.all.length);
    if (history > here) this.#wait(watcher, at);
    else this.#watchers.set(watcher, history > 0 ? WAITING : at);
    // Later, so that the caller has what `on…` returns before the first event.
    queueMicrotask(() => {
      if (history > 0 && !this.#waiting.has(watcher)) this.#serve(watcher);
    });
  }

  /** @param fresh the history that follows; undefined when the chain is continued */
  joined(fresh: Fresh | undefined): void {
    this.#isJoined = this.#isLinked = true;
    if (fresh !== undefined) {
      const { seq, last } = fresh;
      this.#depth = 0;
      this.#arriving = last > 0 && seq > 0 ? fresh : undefined;
      for (const watcher of this.#watchers.all()) {
        if (watcher.history === 0) this.#watchers.set(watcher, seq);
        // What arrives is not what this watcher requests.
        else if (watcher.history !== last) this.#wait(watcher, seq);
      }
    }
    void this.#read();
  }

  /** The link ended: nothing is read until there is another. */
  pause(): void {
    this.#isLinked = false;
  }

  /** Keeps events of the chain, before they are delivered. */
  observe(events: readonly OvationEvent[]): void {
    this.recent.add(events, this.#waiting.size > 0 ? HELD_LIMIT : this.#wanted);
    const { seq: end = Infinity, last = 0 } = this.#arriving ?? {};
    // The history arrives before everything else.
    if (!events.some(({ seq = end }) => seq >= end)) return;
    this.#depth = Math.max(this.#depth, last);
    this.#arriving = undefined;
  }

  /** Durable events were missed: reports it, and starts over with what follows. */
  miss(missed: Missed): void {
    this.#serveWaiting();
    this.recent.clear();
    this.#depth = 0;
    for (const watcher of this.#watchers.all()) this.#watchers.set(watcher, 0);
    this.#watchers.miss(missed);
  }

  /** The last `seq` of the history; events after it are live. */
  get #end(): number {
    return Math.max(this.#arriving?.seq ?? 0, this.#chain.seq ?? 0);
  }

  #wait(watcher: Watcher, at: number): void {
    this.#waiting.set(watcher, at);
    this.#watchers.set(watcher, WAITING);
    void this.#read();
  }

  /** @param at the `seq` at which the watcher was added: later events are not part of its history */
  #serve(watcher: Watcher, at = WAITING): void {
    this.#waiting.delete(watcher);
    if (!this.#watchers.has(watcher)) return;
    const { all } = this.recent;
    const live = all.filter(({ seq = 0 }) => seq > at).length;
    this.#watchers.set(watcher, 0);
    this.#watchers.deliver(this.recent.newest(watcher.history + live), { to: [watcher] });
    this.#watchers.set(watcher, all.at(-1)?.seq ?? 0);
  }

  /** Serves the watchers that wait for at most `limit` events. */
  #serveWaiting(limit = WAITING): void {
    for (const [watcher, at] of this.#waiting) {
      if (watcher.history <= limit) this.#serve(watcher, at);
    }
  }

  /** Reads the history for the waiting watchers. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    for (let tries = 1; this.#waiting.size > 0 && this.#isLinked; tries += 1) {
      const waiting = [...this.#waiting.keys()];
      const limit = Math.max(...waiting.map(({ history }) => history));
      try {
        const query = { limit, before: this.#end + 1 };
        const { events, epoch } = await this.#options.readHistory(query);
        // If the history is another one, the gateway is about to say so.
        if (epoch === (this.#chain.epoch ?? epoch)) {
          this.recent.add(events, HELD_LIMIT);
          this.#depth = Math.max(this.#depth, limit);
          this.#serveWaiting(limit);
          tries = 0;
          continue;
        }
      } catch (error) {
        if (this.#isLinked && !(tries < READ_TRIES && isWorthATry(error as OvationError))) {
          this.#options.onRefused(error as OvationError);
          const missed = { after: undefined, oldest: undefined, isNewHistory: false };
          this.#watchers.miss(missed, waiting);
          this.#serveWaiting();
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
  return /^(unreachable|chunk_)/.test(code) || isRetryable(code);
}
