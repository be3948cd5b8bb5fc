/** What an application may choose of a video, of a listener, of a publish and of a replay. */
import type { Position } from "./chain.ts";
import type { OvationError } from "./error.ts";
import type { WhenLimited, WhileAway } from "./outbox.ts";
import type { Playhead } from "./playhead.ts";

/**
 * Options of {@link Video.on}. With a {@link Parse} as `parse`, events whose data it refuses are
 * skipped.
 *
 * @example
 * const options: ListenOptions = { history: 20, onError: ({ code }) => report(code) };
 */
export interface ListenOptions {
  /** Called with `data_unexpected` when `parse` refuses an event. Default: {@link Ovation.onError}. */
  readonly onError?: ((error: OvationError) => void) | undefined;
  /** How many durable events of the history come first. Default: the video's `history`. */
  readonly history?: number | undefined;
}

/**
 * Options of {@link Ovation.video}.
 *
 * @example
 * const video = ovation.video("launch", { history: 50 });
 */
export interface VideoOptions {
  /** How many durable events of the history a listener gets first, at most 1,000. Default: 0. */
  readonly history?: number;
  /**
   * Goes on from a position that was stored, such as by a page that was reloaded: what was stored since
   * then comes first, in order. `history` is requested only if that can't be had; {@link
   * Video.onMissed} says so. It counts where nothing in this client watches the video yet: add the
   * listeners in one turn.
   */
  readonly after?: Position | undefined;
  /**
   * The only kinds that arrive, such as `["like"]`, up to 64; with a stored kind also `retracted`.
   * Default: all. Videos with the same filter share a connection of their own, and a viewer whose
   * filter has only `viewers` and `totals` is not counted.
   */
  readonly kinds?: readonly string[] | undefined;
  /** Whether this viewer is left out of the number of viewers; needs the scope `observe`. */
  readonly hidden?: boolean | undefined;
  /**
   * The moment that the viewer sees. Events are shown when the picture gets to their time (`at`);
   * this client's own, numbers of viewers, rules of the room and deletions at once. Nothing else is
   * shown while it is undefined. Default: events are shown as they arrive.
   */
  readonly playhead?: Playhead | undefined;
}

/**
 * Options of {@link Video.replay}.
 *
 * @example
 * const options: ReplayOptions = { from, to, playhead: playheadOfHls(hls) };
 */
export interface ReplayOptions {
  /** When the recording begins. A number is milliseconds since 1970. */
  readonly from: Date | number;
  /** When it ends. */
  readonly to: Date | number;
  /** The moment that the viewer sees, by the clock of the time when it was recorded. */
  readonly playhead: Playhead;
  /** How many comments from before the picture come first. Default: the video's `history`. */
  readonly history?: number;
}

/**
 * Options of one publish; the defaults are those of {@link OvationOptions}.
 *
 * @example
 * await video.publish("like", undefined, { whileAway: "fail" });
 */
export interface PublishOptions {
  readonly whileAway?: WhileAway;
  /** Default: `wait`. */
  readonly whenLimited?: WhenLimited;
  readonly waitMs?: number;
}
