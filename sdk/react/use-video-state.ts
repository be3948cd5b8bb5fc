/** A value of a video's state as a hook. */
import type { StateOptions } from "../live/state.ts";
import type { Video } from "../video.ts";
import { useLive } from "./use-live.ts";
import { useNewest } from "./use-newest.ts";

/**
 * A value of a video's state, which newcomers have too; undefined while there is none.
 *
 * @example
 * const score = useVideoState(video, "score", { parse: scoreSchema });
 * return <b>{score === undefined ? "–" : `${score.home}:${score.away}`}</b>;
 */
export function useVideoState<Kinds extends object, Value = unknown>(
  video: Video<Kinds>,
  name: string,
  options: StateOptions<Value> = {},
): Value | undefined {
  const newest = useNewest(options);
  const { onError } = options;
  const parse = (data: unknown): Value => {
    const { parse: given } = newest.current;
    if (given === undefined) return data as Value;
    return typeof given === "function" ? given(data) : given.parse(data);
  };
  const value = video.state(name, {
    parse,
    onError: onError && ((error) => newest.current.onError?.(error)),
  });
  return useLive<Value | undefined>(value, undefined, [video, name]);
}
