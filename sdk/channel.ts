/** A video's one subscription, which all of this client's handles of that video share. */

import { Backoff } from "../shared/lib/backoff.ts";
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { EventsMessage, ResetMessage } from "../shared/protocol/wire/server-messages.ts";
import { Chain, type Missed } from "./chain.ts";
import { isPassing, OvationError } from "./error.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { From, Link, Refusal, Result } from "./link/link.ts";
import { Recent } from "./recent.ts";

/** One who watches. */
export interface Watcher {
  /** How many events of the past it wants. */
  readonly history: number;
  onFrame(frame: Frame): void;
  onMissed(missed: Missed): void;
}

export interface ChannelOptions {
  readonly random: () => number;
  /** The video can't be watched. */
  onRefused(error: OvationError): void;
  /** Nobody watches any more. */
  onEmpty(): void;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;

export class Channel {
  readonly video: string;
  readonly #options: ChannelOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #chain = new Chain();
  readonly #recent = new Recent();
  readonly #backoff: Backoff;
  #history = 0;
  #link: Link | undefined;
  /** What is being asked, or waits to be asked again. */
  #asking: From | undefined;
  /** Whether what comes continues the chain; else durable events are left for when it does. */
  #isInChain = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(video: string, options: ChannelOptions) {
    this.video = video;
    this.#options = options;
    this.#backoff = new Backoff(0, RETRY_MAX_MS, options.random, RETRY_FIRST_MS);
  }

  recent(limit: number): readonly OvationEvent[] {
    return this.#recent.newest(limit);
  }

  add(watcher: Watcher): void {
    this.#watchers.add(watcher);
    this.#history = Math.max(this.#history, watcher.history);
    const events = this.#recent.newest(watcher.history);
    if (events.length === 0) return;
    // Not while it is still being made: it has listeners only afterwards.
    queueMicrotask(() => {
      if (this.#watchers.has(watcher)) watcher.onFrame({ events, counts: {} });
    });
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    // A page that is drawn anew removes its listeners and adds others within one turn.
    setTimeout(() => {
      if (this.#watchers.size > 0) return;
      this.#link?.unsubscribe(this.video);
      this.unlink();
      this.#options.onEmpty();
    });
  }

  /** Subscribes, from where this viewer is. */
  join(link: Link): void {
    this.unlink();
    this.#backoff.reset();
    this.#link = link;
    this.#ask(link);
  }

  /** The link is gone. */
  unlink(): void {
    clearTimeout(this.#timer);
    this.#link = undefined;
    this.#asking = undefined;
    this.#isInChain = false;
  }

  receive({ events, counts }: EventsMessage): void {
    const taken: OvationEvent[] = [];
    const dropped: OvationEvent[] = [];
    let hasGap = false;
    for (const event of events) {
      const isLater = event.seq !== undefined && !this.#isInChain;
      const verdict = isLater ? "repeat" : this.#chain.judge(event);
      (verdict === "take" ? taken : dropped).push(event);
      hasGap ||= verdict === "gap";
    }
    if (hasGap) this.#rejoin();
    if (taken.length === 0 && counts === undefined) return;
    this.#recent.add(taken, this.#history);
    const frame = frameOf(taken, dropped, counts);
    for (const watcher of [...this.#watchers]) watcher.onFrame(frame);
  }

  reset({ epoch, seq }: ResetMessage): void {
    if (this.#history === 0) return this.#miss(this.#chain.reset(epoch, seq));
    // The answer tells what is missed, and is followed by the history that is wanted.
    this.#chain.doubt();
    this.#rejoin();
  }

  /** @param isWhole without it, nothing of the past is asked for, nor any durable event taken */
  #ask(link: Link, isWhole = true): void {
    const from = isWhole ? this.#chain.from(this.#history) : {};
    this.#asking = from;
    link.subscribe(this.video, from, (answer) => {
      if (this.#asking !== from) return;
      this.#asking = undefined;
      const isPastMissing = answer.op === "error" && answer.code === "history_unavailable";
      // Likes and viewer counts need no history.
      if (isPastMissing && isWhole) this.#ask(link, false);
      else if (answer.op === "error") this.refused(answer);
      else if (isWhole) this.#joined(answer, from);
      else this.#askLater();
    });
  }

  /** @param atLeastMs how long the gateway wants us to wait */
  #askLater(atLeastMs = 0): void {
    this.#asking = {};
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const link = this.#link;
      // A subscription from which no durable event is taken may stand for the time being.
      link?.unsubscribe(this.video);
      if (link !== undefined) this.#ask(link);
    }, atLeastMs + this.#backoff.nextMs());
  }

  #joined(result: Result, from: From): void {
    this.#isInChain = true;
    if (result.seq !== undefined) this.#backoff.reset();
    const missed = this.#chain.adopt(result, from);
    if (missed !== undefined) this.#miss(missed);
  }

  /** The gateway has ended the subscription, or refused it. */
  refused({ code, message, field, retryAfterMs }: Refusal): void {
    if (isPassing(code)) return this.#askLater(retryAfterMs);
    const { video } = this;
    this.#options.onRefused(new OvationError(code, message, { field, video }));
  }

  /** Events are missing before what has come: asks for all after those that were had. */
  #rejoin(): void {
    if (this.#asking !== undefined) return;
    this.#isInChain = false;
    this.#askLater();
  }

  #miss(missed: Missed): void {
    if (missed.isNewHistory) this.#recent.clear();
    for (const watcher of [...this.#watchers]) watcher.onMissed(missed);
  }
}
