/** A video's one subscription, which all of this client's handles of that video share. */

import { Backoff } from "../shared/backoff.ts";
import type { OvationEvent } from "../shared/event.ts";
import type { EventsMessage, ResetMessage } from "../shared/wire/server-messages.ts";
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
  }

  receive({ events, counts }: EventsMessage): void {
    const taken: OvationEvent[] = [];
    const dropped: OvationEvent[] = [];
    let hasGap = false;
    for (const event of events) {
      const verdict = this.#chain.judge(event);
      (verdict === "take" ? taken : dropped).push(event);
      hasGap ||= verdict === "gap";
    }
    if (hasGap) this.#catchUp();
    if (taken.length === 0 && counts === undefined) return;
    this.#recent.add(taken, this.#history);
    const frame = frameOf(taken, dropped, counts);
    for (const watcher of [...this.#watchers]) watcher.onFrame(frame);
  }

  reset({ epoch, seq }: ResetMessage): void {
    this.#miss(this.#chain.reset(epoch, seq));
  }

  #ask(link: Link): void {
    const from = this.#chain.from(this.#history);
    this.#asking = from;
    link.subscribe(this.video, from, (answer) => {
      if (this.#asking !== from) return;
      this.#asking = undefined;
      if (answer.op === "result") this.#joined(answer, from);
      else this.#refused(answer);
    });
  }

  #askLater(): void {
    this.#asking = {};
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#link !== undefined) this.#ask(this.#link);
    }, this.#backoff.nextMs());
  }

  #joined(result: Result, from: From): void {
    if (result.seq !== undefined) this.#backoff.reset();
    const missed = this.#chain.adopt(result, from);
    if (missed !== undefined) this.#miss(missed);
  }

  #refused({ code, message, field }: Refusal): void {
    if (isPassing(code)) return this.#askLater();
    const { video } = this;
    this.#options.onRefused(new OvationError(code, message, { field, video }));
  }

  /** Events are missing before what has come: asks for all after those that were had. */
  #catchUp(): void {
    if (this.#asking !== undefined) return;
    this.#link?.unsubscribe(this.video);
    this.#askLater();
  }

  #miss(missed: Missed): void {
    if (missed.isNewHistory) this.#recent.clear();
    for (const watcher of [...this.#watchers]) watcher.onMissed(missed);
  }
}
