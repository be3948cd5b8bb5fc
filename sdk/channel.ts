/**
 * A video's only subscription in this client, and its newest values: all handles of that video share
 * it. {@link Past} gives each watcher the history that it requests.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import type { OvationEvent } from "../shared/protocol/event.ts";
import { isBuiltIn, RETRACTED_KIND, TOTALS_KIND, VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import type {
  Counts,
  EventsMessage,
  ResetMessage,
} from "../shared/protocol/wire/server-messages.ts";
import { Chain, type Missed } from "./chain.ts";
import { errorOf, isRetryable } from "./error.ts";
import type { From, Link, Refusal, Result } from "./link/link.ts";
import { isTransient } from "./outbox.ts";
import { Past, type PastOptions } from "./past.ts";
import { type Watcher, Watchers } from "./watchers.ts";

export interface ChannelOptions extends PastOptions {
  /** Whether only some kinds arrive. */
  readonly isFiltered: boolean;
  /** The last watcher was removed. */
  onEmpty(): void;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;

export class Channel {
  declare readonly video: string;
  readonly #options: ChannelOptions;
  readonly #watchers = new Watchers((kind) => this.#isNewest(kind));
  readonly #chain: Chain;
  readonly #past: Past;
  readonly #backoff: Backoff;
  /** The newest event of each kind of which only that matters. */
  readonly #newest = new Map<string, OvationEvent>();
  /** Names of the state that are known, whatever the gateway said when it was connected. */
  readonly #state = new Set<string>();
  /** What the last subscription began with. */
  #totals: Counts | undefined;
  #link: Link | undefined;
  /** The subscribe request that is in progress, or waits to be repeated. */
  #pending: From | undefined;
  /** Whether live events continue the chain. If not, durable ones are ignored: catching up brings them. */
  #isInChain = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #leaveTimer: ReturnType<typeof setTimeout> | undefined;
  /** The token in use does not cover the video. */
  #isForbidden = false;
  /** Times that durable events were missed since the link began. */
  missed = 0;

  constructor(video: string, options: ChannelOptions) {
    this.video = video;
    this.#options = options;
    this.#chain = new Chain(options.isFiltered);
    this.#past = new Past(this.#watchers, this.#chain, options);
    this.#backoff = new Backoff(0, RETRY_MAX_MS, options.random, RETRY_FIRST_MS);
  }

  recent(limit: number): readonly OvationEvent[] {
    return this.#past.recent.newest(limit);
  }

  get position(): number | undefined {
    return this.#chain.seq;
  }

  get epoch(): string | undefined {
    return this.#chain.epoch;
  }

  newest(kind: string): OvationEvent | undefined {
    return this.#newest.get(kind);
  }

  /** Whether the events of a kind need no order, and may be sampled. */
  isTransient(kind: string): boolean {
    return isTransient(kind, this.#link?.rules);
  }

  /** @param state the value of the state that the watcher wants */
  add(watcher: Watcher, state?: string): void {
    if (state !== undefined) this.#state.add(state);
    clearTimeout(this.#leaveTimer);
    // Unless another place is known, or requested, already.
    if (watcher.after && !this.#pending && !this.epoch) this.#chain.reset(watcher.after);
    this.#watchers.set(watcher, 0);
    this.#past.add(watcher);
    // Later, so that the caller has what `on…` returns before the first event.
    queueMicrotask(() => {
      if (this.#isInChain) watcher.onJoined?.(this.#totals, false);
      this.#watchers.deliver([...this.#newest.values()], { to: [watcher] });
    });
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    // A page that renders again removes its listeners and adds others in the same turn.
    this.#leaveTimer = setTimeout(() => {
      this.#link?.unsubscribe(this.video);
      this.unlink();
      this.#options.onEmpty();
    });
  }

  /** Subscribes over a new link, from this viewer's position. */
  join(link: Link): void {
    this.unlink();
    this.#backoff.reset();
    this.missed = 0;
    this.#link = link;
    this.#subscribe(link);
  }

  /** A fresh token, which may cover the video, is in use. */
  retry(): void {
    if (this.#isForbidden && this.#link !== undefined) this.#subscribe(this.#link);
  }

  /** The link ended. */
  unlink(): void {
    clearTimeout(this.#timer);
    this.#link = undefined;
    this.#pending = undefined;
    this.#isInChain = false;
    this.#past.pause();
  }

  receive({ events, counts }: EventsMessage): void {
    const taken: OvationEvent[] = [];
    const dropped: OvationEvent[] = [];
    let hasGap = false;
    for (const event of events) {
      const isLater = event.seq !== undefined && !this.#isInChain;
      const isKnown = this.#newest.get(event.kind)?.id === event.id;
      const verdict = isLater || isKnown ? "repeat" : this.#chain.judge(event);
      (verdict === "take" ? taken : dropped).push(event);
      hasGap ||= verdict === "gap";
      if (this.#isNewest(event.kind)) this.#keep(event);
    }
    if (hasGap) this.#rejoin();
    if (taken.length === 0 && counts === undefined) return;
    this.#past.observe(taken);
    this.#watchers.deliver(taken, { dropped, counts });
  }

  #isNewest(kind: string): boolean {
    return (
      (isBuiltIn(kind) && kind !== RETRACTED_KIND) ||
      this.#state.has(kind) ||
      this.#link?.rules?.state.includes(kind) === true ||
      this.#isLatest(kind)
    );
  }

  #isLatest(kind: string): boolean {
    const { latest = [] } = this.#link?.rules ?? {};
    return [VIEWERS_KIND, TOTALS_KIND, ...latest].includes(kind);
  }

  /** An event without data says that the value was removed. */
  #keep(event: OvationEvent): void {
    if ((event.data ?? null) === null) this.#newest.delete(event.kind);
    else this.#newest.set(event.kind, event);
  }

  reset(message: ResetMessage): void {
    if (this.#past.wanted === 0) return this.#miss(this.#chain.reset(message));
    // The answer says what was missed, and the requested history follows it.
    this.#chain.doubt();
    this.#rejoin();
  }

  /** @param withHistory if false, no history is requested, and durable events are ignored */
  #subscribe(link: Link, withHistory = true): void {
    const from = withHistory ? this.#chain.from(this.#past.wanted) : {};
    this.#isForbidden = false;
    this.#pending = from;
    link.subscribe(this.video, from, (answer) => {
      if (this.#pending !== from) return;
      this.#pending = undefined;
      const isHistoryUnavailable = answer.op === "error" && answer.code === "history_unavailable";
      // Likes and viewer counts need no history.
      if (isHistoryUnavailable && withHistory) this.#subscribe(link, false);
      else if (answer.op === "error") this.refused(answer);
      else if (withHistory) this.#joined(answer, from);
      else this.#subscribeLater();
    });
  }

  /** @param atLeastMs how long the gateway wants us to wait */
  #subscribeLater(atLeastMs = 0): void {
    this.#pending = {};
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const link = this.#link;
      // There may still be a subscription without history.
      link?.unsubscribe(this.video);
      if (link !== undefined) this.#subscribe(link);
    }, atLeastMs + this.#backoff.nextMs());
  }

  #joined(result: Result, from: From): void {
    this.#isInChain = true;
    if (result.seq !== undefined) this.#backoff.reset();
    const missed = this.#chain.adopt(result, from);
    if (missed !== undefined) this.#miss(missed);
    const isContinued = from.after !== undefined && missed === undefined;
    this.#joinedState(result);
    this.#past.joined(isContinued ? undefined : { seq: result.seq ?? 0, last: from.last ?? 0 });
  }

  #miss(missed: Missed): void {
    this.missed += 1;
    this.#past.miss(missed);
  }

  #joinedState({ state, totals }: Result): void {
    this.#totals = totals;
    for (const name of Object.keys(state ?? {})) this.#state.add(name);
    // What was removed while the connection was lost.
    for (const [name, { data: _, ...gone }] of [...this.#newest]) {
      if (state === undefined || this.#isLatest(name) || Object.hasOwn(state, name)) continue;
      this.#newest.delete(name);
      this.#watchers.deliver([gone]);
    }
    for (const watcher of this.#watchers.all()) watcher.onJoined?.(totals, true);
  }

  /** The gateway ended the subscription, or refused it. */
  refused(refusal: Refusal): void {
    if (isRetryable(refusal.code)) return this.#subscribeLater(refusal.retryAfterMs);
    this.#isForbidden = refusal.code === "forbidden";
    this.#options.onRefused(errorOf(refusal, this.video));
  }

  /** There is a gap before the newest events: subscribes again, from the last one before it. */
  #rejoin(): void {
    if (this.#pending !== undefined) return;
    this.#isInChain = false;
    this.#subscribeLater();
  }
}
