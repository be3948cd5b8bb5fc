/** Erases all that is kept of a video, or of an actor on all videos. Each may be repeated. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { History } from "../history/history.ts";
import type { EndedVideos } from "../state/ended-videos.ts";
import { eventOf, type StatePut, statePut } from "../state/state-change.ts";
import type { VideoStates } from "../state/video-states.ts";

/** How long one request works on an actor; the next one goes on. */
const SLICE_MS = 1_000;

interface ErasureOptions {
  readonly history: Pick<History, "eraseVideo" | "eraseActor">;
  readonly stream: Pick<HistoryStream, "videos" | "read">;
  readonly states: Pick<VideoStates, "edit" | "newEvent">;
  readonly ended: Pick<EndedVideos, "forget">;
  readonly stores: {
    readonly state: Pick<Bucket, "keys">;
    readonly totals: Pick<Bucket, "purge">;
    readonly timeline: Pick<Bucket, "purge">;
    readonly votes: { purge(video: string): Promise<void> };
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

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /**
   * @returns how many durable events there were
   * @throws OvationError history_unavailable, state_unavailable
   */
  async eraseVideo(video: string): Promise<number> {
    const { history, states, ended, stores } = this.#options;
    const events = await history.eraseVideo(video);
    await states.edit(video, (values) => [...values.keys()].map((name) => this.#removal(name)));
    await available(
      Promise.all([
        stores.totals.purge(video),
        stores.timeline.purge(`${video}.*`),
        stores.votes.purge(video),
      ]),
    );
    await ended.forget(video);
    return events;
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
      const own = [...values].filter(([, value]) => eventOf(value).actor === actor);
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
    throw new OvationError("state_unavailable", undefined, { cause });
  }
}
