/**
 * Holds what arrives of a live video until the picture of its time is shown. This client's own events
 * are shown at once, and so is what is not about the picture: the number of viewers, the rules of the
 * room, and deletions.
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { RETRACTED_KIND, TOTALS_KIND } from "../../shared/protocol/kinds.ts";
import type { Frame } from "../frame.ts";
import type { Watcher } from "../watchers.ts";
import { core } from "./core.ts";
import type { HeldQueue, Item } from "./held-queue.ts";
import type { HeldHost, VideoPart } from "./host.ts";
import { Release, type ReleaseOptions } from "./release.ts";
import { ServerClock } from "./server-clock.ts";

/** Not imported: a module that the core uses too would be loaded as a further file. */
const RETRACTED: typeof RETRACTED_KIND = "retracted";
const TOTALS: typeof TOTALS_KIND = "totals";
const AT_ONCE: readonly string[] = ["viewers", "rules", RETRACTED];
/** Own events that are remembered until they arrive. */
const OWN_LIMIT = 1_000;

export class Hold implements VideoPart {
  readonly #video: string;
  readonly #host: HeldHost;
  readonly #release: Release;
  readonly #clock: ServerClock;
  readonly #own = new Set<string>();
  #unlisten: (() => void) | undefined;

  /** @param now the time in milliseconds since 1970, by the viewer's clock */
  constructor(video: string, host: HeldHost, options: ReleaseOptions, now = Date.now) {
    this.#video = video;
    this.#host = host;
    this.#release = new Release(options);
    this.#clock = new ServerClock(now);
  }

  /** How many items are held, of all listeners. */
  get held(): number {
    return this.#release.held;
  }

  watch(watcher: Watcher, state?: string): () => void {
    this.#unlisten ??= this.#host.onPublish(({ video, eventId }) => {
      if (video === this.#video) this.#remember(eventId);
    });
    const queue = this.#release.add(watcher);
    const off = this.#host.watch(this.#video, this.#holding(watcher, queue), state);
    return () => {
      off();
      this.#release.remove(watcher);
      if (this.#release.watchers.length > 0) return;
      this.#unlisten?.();
      this.#unlisten = undefined;
    };
  }

  channel() {
    const channel = this.#host.channel(this.#video);
    if (channel === undefined) return undefined;
    const { position, farthest } = this.#release;
    return {
      isTransient: (kind: string) => channel.isTransient(kind),
      newest: (kind: string) => channel.newest(kind),
      position,
      epoch: channel.epoch,
      recent: (limit: number) =>
        channel.recent(limit).filter(({ id, at }) => at <= farthest || this.#own.has(id)),
    };
  }

  #holding(watcher: Watcher, queue: HeldQueue): Watcher {
    const { history, after, kind, onEvent, onFrame, onMissed, onJoined } = watcher;
    const notice = (item: Item) => {
      queue.addNotice(item);
      this.#release.soon();
    };
    return {
      history,
      after,
      ...(onEvent && {
        onEvent: (event) => {
          if (this.#isAtOnce(event, queue)) return onEvent(event);
          if (kind !== undefined && kind !== event.kind) return;
          const isCounted = event.seq !== undefined || this.#isTransient(event.kind);
          this.#add(queue, event, isCounted ? [event.kind] : []);
        },
      }),
      ...(onFrame && { onFrame: (frame) => this.#frame(watcher, queue, frame) }),
      ...(onMissed && { onMissed: (missed) => notice({ missed }) }),
      ...(onJoined && {
        onJoined: (joined, isNow) => {
          if (isNow) this.#clock.restart();
          notice({ joined, isNow });
        },
      }),
    };
  }

  #frame({ onFrame }: Watcher, queue: HeldQueue, { events, counts }: Frame): void {
    const rest: Record<string, number> = { ...counts };
    const shown: OvationEvent[] = [];
    const shownCounts: Record<string, number> = {};
    const later: [event: OvationEvent, names: readonly string[]][] = [];
    let newest: number | undefined;
    for (const event of events) {
      const names = this.#host.namesOf(event).filter((name) => (rest[name] ?? 0) > 0);
      for (const name of names) rest[name] = (rest[name] ?? 0) - 1;
      if (names.length > 0) newest = Math.max(newest ?? 0, event.at);
      if (this.#isAtOnce(event, queue)) {
        shown.push(event);
        for (const name of names) shownCounts[name] = (shownCounts[name] ?? 0) + 1;
      } else later.push([event, names]);
    }
    const others = Object.entries(rest).filter(([, count]) => count > 0);
    // None of them is known to have been earlier than the newest of the frame.
    if (others.length > 0) {
      queue.addCounts(newest ?? this.#clock.now(), Object.fromEntries(others));
    }
    for (const [event, names] of later) this.#add(queue, event, names);
    if (shown.length > 0 && onFrame !== undefined) {
      core.notify(onFrame, { events: shown, counts: shownCounts });
    }
    this.#release.soon();
  }

  #add(queue: HeldQueue, event: OvationEvent, names: readonly string[]): void {
    const dropped = queue.addEvent(event, names, event.kind === TOTALS);
    if (dropped !== undefined) this.#release.drop(dropped);
    this.#release.soon();
  }

  #isTransient(kind: string): boolean {
    return this.#host.channel(this.#video)?.isTransient(kind) === true;
  }

  #isAtOnce(event: OvationEvent, queue: HeldQueue): boolean {
    this.#clock.heard(event.at);
    if (event.kind === RETRACTED) {
      const { seq } = Object(event.data) as { readonly seq?: unknown };
      if (typeof seq === "number") queue.retract(seq);
    }
    return AT_ONCE.includes(event.kind) || this.#own.has(event.id);
  }

  #remember(id: string): void {
    this.#own.add(id);
    const [oldest] = this.#own;
    if (this.#own.size > OWN_LIMIT) this.#own.delete(oldest as string);
  }
}
