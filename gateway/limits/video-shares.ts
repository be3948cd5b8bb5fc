/**
 * How many of a gateway's videos each client holds, over all its connections: so that no
 * client uses up the limit with videos that nobody else watches. An actor also counts for its address,
 * which other actors share.
 */
import { CompactMap } from "../../shared/lib/compact-map.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { BoundedMapStats } from "./bounded-map.ts";
import { ClientBuckets } from "./client-buckets.ts";
import type { ClientKey } from "./client-key.ts";
import { ADDRESS_FACTOR, type Claimant, clientBurst, clientShare } from "./client-share.ts";
import { Lane } from "./fair-turns.ts";

interface VideoSharesOptions {
  readonly videosLimit: number;
  readonly newVideosPerSecond: number;
  readonly clientSharePercent: number;
  /** How many clients' rates are tracked. */
  readonly limitedClientsKept: number;
  readonly now: MonotonicClock;
}

interface Held {
  /** How often each is held. */
  readonly videos: CompactMap<number>;
  /** Of its videos that are about to be held. */
  readonly lane: Lane;
}

export class VideoShares {
  readonly stats: BoundedMapStats = { forgotten: 0 };
  /** What each client holds; as many clients as viewers at most. */
  readonly #held = new Map<ClientKey, Held>();
  readonly #share: number;
  readonly #newVideos: ClientBuckets;

  constructor(options: VideoSharesOptions) {
    const { videosLimit, newVideosPerSecond, clientSharePercent: percent, now } = options;
    this.#share = clientShare(videosLimit, percent);
    const perSecond = clientShare(newVideosPerSecond, percent);
    const burst = clientBurst(newVideosPerSecond, percent);
    const rate = { name: "new_videos", perSecond, burst };
    this.#newVideos = new ClientBuckets(rate, options.limitedClientsKept, this.stats, now);
  }

  /**
   * Must be called before a video is held.
   * @param isNew whether the gateway doesn't hold the video yet
   * @throws OvationError videos_exceeded
   */
  require({ client, address }: Claimant, video: string, isNew: boolean): void {
    this.#requireRoom(client, video, this.#share);
    if (client !== address) this.#requireRoom(address, video, ADDRESS_FACTOR * this.#share);
    if (!isNew) return;
    const retryAfterMs = this.#newVideos.take(client, 1);
    if (retryAfterMs === 0) return;
    const { perSecond: limit } = this.#newVideos.rate;
    const text = `new videos: the limit of a client is ${limit} a second`;
    throw new OvationError("videos_exceeded", text, { limit, retryAfterMs });
  }

  /**
   * Matched by one {@link release}.
   * @returns where the client's new videos wait for their turn
   */
  hold({ client, address }: Claimant, video: string): Lane {
    if (client !== address) this.#add(address, video);
    return this.#add(client, video).lane;
  }

  release({ client, address }: Claimant, video: string): void {
    this.#remove(client, video);
    if (client !== address) this.#remove(address, video);
  }

  #requireRoom(client: ClientKey, video: string, limit: number): void {
    const videos = this.#held.get(client)?.videos;
    if (videos === undefined || videos.has(video) || videos.size < limit) return;
    const text = `a client may watch ${limit} videos at one gateway`;
    throw new OvationError("videos_exceeded", text, { limit });
  }

  #add(client: ClientKey, video: string): Held {
    let held = this.#held.get(client);
    if (held === undefined) {
      held = { videos: new CompactMap(), lane: new Lane() };
      this.#held.set(client, held);
    }
    held.videos.set(video, (held.videos.get(video) ?? 0) + 1);
    return held;
  }

  #remove(client: ClientKey, video: string): void {
    const videos = this.#held.get(client)?.videos;
    const holds = videos?.get(video);
    if (videos === undefined || holds === undefined) return;
    if (holds > 1) videos.set(video, holds - 1);
    else videos.delete(video);
    if (videos.size === 0) this.#held.delete(client);
  }
}
