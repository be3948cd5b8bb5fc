/**
 * A video's one subscription, and its values: all handles of this client for that video are views
 * of it. {@link Past} sees to it that each watcher gets the past that it asks for.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import type { EventsMessage, ResetMessage } from "../shared/protocol/wire/server-messages.ts";
import { Chain } from "./chain.ts";
import { errorOf, isPassing } from "./error.ts";
import type { From, Link, Refusal, Result } from "./link/link.ts";
import { Past, type PastOptions } from "./past.ts";
import { type Watcher, Watchers } from "./watchers.ts";

export interface ChannelOptions extends PastOptions {
  /** Nobody watches any more. */
  onEmpty(): void;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;

export class Channel {
  readonly video: string;
  readonly #options: ChannelOptions;
  readonly #watchers = new Watchers();
  readonly #chain = new Chain();
  readonly #past: Past;
  readonly #backoff: Backoff;
  /** The newest event of each latest kind. */
  readonly #latest = new Map<string, OvationEvent>();
  #link: Link | undefined;
  /** What is being asked, or waits to be asked again. */
  #asking: From | undefined;
  /** Whether what comes continues the chain; else durable events are left for when it does. */
  #isInChain = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  /** The token in use does not cover the video. */
  #isForbidden = false;

  constructor(video: string, options: ChannelOptions) {
    this.video = video;
    this.#options = options;
    this.#past = new Past(this.#watchers, this.#chain, options);
    this.#backoff = new Backoff(0, RETRY_MAX_MS, options.random, RETRY_FIRST_MS);
  }

  recent(limit: number): readonly OvationEvent[] {
    return this.#past.recent.newest(limit);
  }

  get position(): number | undefined {
    return this.#chain.seq;
  }

  latest(kind: string): OvationEvent | undefined {
    return this.#latest.get(kind);
  }

  add(watcher: Watcher): void {
    clearTimeout(this.#leaving);
    this.#watchers.set(watcher, 0);
    this.#past.add(watcher);
    // Not while its listener is still being made.
    queueMicrotask(() => this.#watchers.give([...this.#latest.values()], { to: [watcher] }));
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    // A page that renders again removes its listeners and adds others within one turn.
    this.#leaving = setTimeout(() => {
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

  /** There is a fresh token, which may cover the video. */
  retry(): void {
    if (this.#isForbidden && this.#link !== undefined) this.#ask(this.#link);
  }

  /** The link is gone. */
  unlink(): void {
    clearTimeout(this.#timer);
    this.#link = undefined;
    this.#asking = undefined;
    this.#isInChain = false;
    this.#past.pause();
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
      if (this.#isLatest(event.kind)) this.#latest.set(event.kind, event);
    }
    if (hasGap) this.#rejoin();
    if (taken.length === 0 && counts === undefined) return;
    this.#past.observe(taken);
    this.#watchers.give(taken, { dropped, counts });
  }

  #isLatest(kind: string): boolean {
    return kind === VIEWERS_KIND || this.#link?.rules?.latest.includes(kind) === true;
  }

  reset({ epoch, seq }: ResetMessage): void {
    if (this.#past.wanted === 0) return this.#past.miss(this.#chain.reset(epoch, seq));
    // The answer tells what is missed, and is followed by the history that is wanted.
    this.#chain.doubt();
    this.#rejoin();
  }

  /** @param isWhole without it, nothing of the past is asked for, nor any durable event taken */
  #ask(link: Link, isWhole = true): void {
    const from = isWhole ? this.#chain.from(this.#past.wanted) : {};
    this.#isForbidden = false;
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
    if (missed !== undefined) this.#past.miss(missed);
    const isContinued = from.after !== undefined && missed === undefined;
    this.#past.joined(isContinued ? undefined : { seq: result.seq ?? 0, last: from.last ?? 0 });
  }

  /** The gateway has ended the subscription, or refused it. */
  refused(refusal: Refusal): void {
    if (isPassing(refusal.code)) return this.#askLater(refusal.retryAfterMs);
    this.#isForbidden = refusal.code === "forbidden";
    this.#options.onRefused(errorOf(refusal, this.video));
  }

  /** Events are missing before what has come: asks for all after those that were had. */
  #rejoin(): void {
    if (this.#asking !== undefined) return;
    this.#isInChain = false;
    this.#askLater();
  }
}
