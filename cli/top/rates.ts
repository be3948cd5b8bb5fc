/** What `ovation top` shows of a video: rates, from totals at two moments. */
import type { LiveVideo, VideoInfo } from "../../server-sdk/index.ts";

/** Videos as they were at one moment. */
export interface Sample {
  /** In milliseconds, of any clock that only goes forward. */
  readonly at: number;
  readonly live: readonly LiveVideo[];
  /** More about each of them. */
  readonly videos: readonly VideoInfo[];
}

export interface VideoRates {
  readonly video: string;
  readonly viewers: number;
  /** How many gateways have them. */
  readonly gateways: number;
  /** Events of transient kinds; null while they aren't known. */
  readonly likesPerSecond: number | null;
  /** Events of durable kinds. */
  readonly commentsPerMinute: number | null;
  readonly likes: number | null;
  readonly comments: number | null;
}

/** @param classes the delivery class of each kind */
export function ratesOf(
  before: Sample,
  now: Sample,
  classes: Readonly<Record<string, string>>,
): readonly VideoRates[] {
  const seconds = (now.at - before.at) / 1_000;
  const earlier = new Map(before.videos.map(({ video, totals }) => [video, totals]));
  const gateways = new Map(now.live.map((one) => [one.video, one.gateways]));
  const sum = (totals: VideoInfo["totals"], deliveryClass: string) => {
    if (totals === undefined) return null;
    // A variant's total is included in that of its kind.
    const ofClass = Object.entries(totals).filter(([kind]) => classes[kind] === deliveryClass);
    return ofClass.reduce((all, [, total]) => all + total, 0);
  };
  return now.videos.map(({ video, viewers, totals }) => {
    const [likes, comments] = [sum(totals, "transient"), sum(totals, "durable")];
    const rate = (total: number | null, deliveryClass: string, perSeconds: number) => {
      const first = sum(earlier.get(video), deliveryClass);
      if (total === null || first === null || seconds <= 0) return null;
      // A total falls when a comment is deleted.
      const perSecond = Math.max(0, total - first) / seconds;
      return Math.round(perSecond * perSeconds * 10) / 10;
    };
    return {
      video,
      viewers,
      gateways: gateways.get(video) ?? 0,
      likesPerSecond: rate(likes, "transient", 1),
      commentsPerMinute: rate(comments, "durable", 60),
      likes,
      comments,
    };
  });
}
