/** Erases all that is kept of a video, or of an actor on all videos. Each may be repeated. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { KeptStream } from "../../shared/bus/kept-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { PINNED_KIND } from "../../shared/protocol/kinds.ts";
import {
  ERASED_SUBJECTS,
  erasedSubject,
  hookEventsSubjectsAbout,
  timelineKeysOf,
  videoOfErasedSubject,
} from "../../shared/protocol/subjects.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { History } from "../history/history.ts";
import { pinnedIn } from "../moderation/pins.ts";
import type { Shadows } from "../moderation/shadows.ts";
import type { EndedVideos } from "../state/ended-videos.ts";
import { eventOf, type StatePut, statePut } from "../state/state-change.ts";
import type { VideoStates } from "../state/video-states.ts";
import type { Timeline } from "../totals/timeline.ts";
import type { Totals } from "../totals/totals.ts";
import type { Votes } from "../votes/votes.ts";

/** How long one request works on an actor; the next one goes on. */
const SLICE_MS = 1_000;

interface ErasureOptions {
  /** This dispatcher's id. */
  readonly dispatcher: string;
  readonly bus: Pick<Bus, "publish" | "subscribe">;
  readonly history: Pick<History, "eraseVideo" | "eraseActor">;
  readonly stream: Pick<HistoryStream, "videos" | "read">;
  readonly totals: Pick<Totals, "erase" | "forget">;
  readonly timeline: Pick<Timeline, "forget">;
  readonly votes: Pick<Votes, "erase" | "forget">;
  readonly states: Pick<VideoStates, "edit" | "newEvent">;
  readonly ended: Pick<EndedVideos, "forget">;
  readonly shadows: Pick<Shadows, "eraseVideo" | "eraseActor">;
  readonly stores: {
    readonly state: Pick<Bucket, "keys">;
    readonly timeline: Pick<Bucket, "read" | "putTombstone">;
    readonly hookEvents: Pick<KeptStream, "purge">;
  };
  readonly now: MonotonicClock;
}

/** What was erased of an actor, and where to go on. */
export interface ErasedPart {
  /** Durable events. */
  readonly events: number;
  /** Values of state. */
  readonly values: number;
  /** The last video that was looked at; undefined: that was all. */
  readonly next?: string | undefined;
}

export class Erasure {
  readonly #options: ErasureOptions;

  #subscription: BusSubscription | undefined;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Follows what other dispatchers erase. */
  start(): void {
    const { bus, dispatcher } = this.#options;
    this.#subscription = bus.subscribe(ERASED_SUBJECTS, (payload, subject, _reply, isRelayed) => {
      // Dispatchers always send it directly: a relayed one is forged.
      const video = isRelayed ? undefined : videoOfErasedSubject(subject);
      const isOwn = Buffer.from(payload).toString("latin1") === dispatcher;
      if (video !== undefined && !isOwn) this.#forget(video);
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  /**
   * @returns how many durable events there were
   * @throws OvationError history_unavailable, state_unavailable
   */
  async eraseVideo(video: string): Promise<number> {
    const { history, states, ended, totals, votes, shadows, stores } = this.#options;
    // First: what isn't stored yet, here and elsewhere, must not be added to what was erased.
    this.#forgetEverywhere(video);
    const { events, seq } = await history.eraseVideo(video);
    await available(
      Promise.all([
        totals.erase(video, seq),
        this.#eraseTimeline(video),
        votes.erase(video),
        shadows.eraseVideo(video),
        stores.hookEvents.purge(hookEventsSubjectsAbout(video)),
      ]),
    );
    // Again: others may have read the polls meanwhile, and would show them in the state.
    this.#forgetEverywhere(video);
    await states.edit(video, (values) => [...values.keys()].map((name) => this.#removal(name)));
    await ended.forget(video);
    return events;
  }

  #forgetEverywhere(video: string): void {
    const { bus, dispatcher } = this.#options;
    this.#forget(video);
    bus.publish(erasedSubject(video), Buffer.from(dispatcher, "latin1"));
  }

  #forget(video: string): void {
    const { totals, timeline, votes } = this.#options;
    totals.forget(video);
    timeline.forget(video);
    votes.forget(video);
  }

  /** A marker takes each hour's place, so that no dispatcher writes what it knew of it again. */
  async #eraseTimeline(video: string): Promise<void> {
    const { timeline } = this.#options.stores;
    const hours = (await timeline.read(timelineKeysOf(video))) ?? [];
    await Promise.all(hours.map(({ key }) => timeline.putTombstone(key)));
  }

  /**
   * Erases a part of what an actor published, video by video in the order of their ids.
   * @param after only on videos after this one
   * @throws OvationError history_unavailable, state_unavailable
   */
  async eraseActor(actor: string, after = ""): Promise<ErasedPart> {
    const { now } = this.#options;
    const until = now() + SLICE_MS;
    let events = 0;
    let values = 0;
    await available(this.#options.shadows.eraseActor("*", actor));
    for (const video of await this.#videosAfter(after)) {
      events += await this.#eraseEvents(video, actor);
      values += await this.#eraseValues(video, actor);
      if (now() > until) return { events, values, next: video };
    }
    return { events, values };
  }

  async #videosAfter(after: string): Promise<readonly string[]> {
    const { stream, stores } = this.#options;
    const all = await Promise.all([stream.videos(), available(stores.state.keys())]);
    return [...new Set(all.flat())].filter((video) => video > after).sort();
  }

  async #eraseEvents(video: string, actor: string): Promise<number> {
    const { history, stream } = this.#options;
    const messages = await stream.read(video);
    // On most videos there is nothing of the actor: that costs no more than reading them.
    const isThere = messages.some(({ payload }) => Buffer.from(payload).includes(actor));
    return isThere ? await history.eraseActor(video, actor) : 0;
  }

  async #eraseValues(video: string, actor: string): Promise<number> {
    let removed = 0;
    await this.#options.states.edit(video, (values) => {
      const isPinned = pinnedIn(values)?.actor === actor;
      const own = [...values].filter(
        ([name, value]) => eventOf(value).actor === actor || (isPinned && name === PINNED_KIND),
      );
      removed = own.length;
      return own.map(([name]) => this.#removal(name));
    });
    return removed;
  }

  #removal(name: string): StatePut {
    return statePut(name, this.#options.states.newEvent());
  }
}

async function available<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof OvationError) throw cause;
    throw new OvationError("state_unavailable", undefined, { cause });
  }
}
