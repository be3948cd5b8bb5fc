/** Where the viewer's picture is, by the clock of the stream. */

/**
 * Says which moment the viewer sees: the time at which the picture was taken, by the clock of the
 * encoder. Undefined while that isn't known, such as before the player has loaded anything.
 *
 * @example
 * const playhead: Playhead = () => hls.playingDate ?? undefined;
 */
export type Playhead = () => Date | undefined;

/**
 * Options of {@link playheadOfHls} and {@link playheadOfVideo}.
 *
 * @example
 * const options: PlayheadOptions = { offsetMs: -800 }; // the encoder's clock is 800 ms fast
 */
export interface PlayheadOptions {
  /**
   * What is added to the stream's time, in milliseconds: what its clock is behind the gateways'.
   * Default: 0.
   */
  readonly offsetMs?: number;
}

/**
 * The playhead of hls.js, from the stream's `EXT-X-PROGRAM-DATE-TIME`; undefined if it has none.
 *
 * @example
 * const video = ovation.video("launch", { playhead: playheadOfHls(hls) });
 */
export function playheadOfHls(
  hls: { readonly playingDate: Date | null },
  options: PlayheadOptions = {},
): Playhead {
  return () => moved(hls.playingDate ?? undefined, 0, options);
}

/**
 * The playhead of a video element that plays HLS by itself and has `getStartDate`, as Safari's does;
 * undefined in other browsers.
 *
 * @example
 * const video = ovation.video("launch", { playhead: playheadOfVideo(element) });
 */
export function playheadOfVideo(
  element: { readonly currentTime: number; readonly getStartDate?: () => Date },
  options: PlayheadOptions = {},
): Playhead {
  return () => moved(element.getStartDate?.(), element.currentTime * 1_000, options);
}

/** Undefined for an invalid date too, which is what Safari has for a stream without dates. */
function moved(
  date: Date | undefined,
  byMs: number,
  { offsetMs = 0 }: PlayheadOptions,
): Date | undefined {
  const time = Number(date) + byMs + offsetMs;
  return Number.isNaN(time) ? undefined : new Date(time);
}
