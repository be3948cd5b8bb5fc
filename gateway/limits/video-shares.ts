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

interface VideoSharesOptions {
  readonly videosLimit: number;
  readonly newVideosPerSecond: number;
  readonly clientSharePercent: number;
  /** How many clients' rates are tracked. */
  readonly limitedClientsKept: number;
  readonly now: MonotonicClock;
}

export class VideoShares {
  readonly stats: BoundedMapStats = { forgotten: 0 };
  /** The holds of each client on each video; as many clients as viewers at most. */
  readonly #held = new Map<ClientKey, CompactMap<number>>();
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

  /** Matched by one {@link release}. */
  hold({ client, address }: Claimant, video: string): void {
    this.#add(client, video);
    if (client !== address) this.#add(address, video);
  }

  release({ client, address }: Claimant, video: string): void {
    this.#remove(client, video);
    if (client !== address) this.#remove(address, video);
  }

  #requireRoom(client: ClientKey, video: string, limit: number): void {
    const videos = this.#held.get(client);
    if (videos === undefined || videos.has(video) || videos.size < limit) return;
    const text = `a client may watch ${limit} videos at one gateway`;
    throw new OvationError("videos_exceeded", text, { limit });
  }

  #add(client: ClientKey, video: string): void {
    let videos = this.#held.get(client);
    if (videos === undefined) {
      videos = new CompactMap();
      this.#held.set(client, videos);
    }
    videos.set(video, (videos.get(video) ?? 0) + 1);
  }

  #remove(client: ClientKey, video: string): void {
    const videos = this.#held.get(client);
    const holds = videos?.get(video);
    if (videos === undefined || holds === undefined) return;
    if (holds > 1) videos.set(video, holds - 1);
    else videos.delete(video);
    if (videos.size === 0) this.#held.delete(client);
  }
}
