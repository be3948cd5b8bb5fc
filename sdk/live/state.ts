/** A value of a video's state. */

import type { OvationError } from "../error.ts";
import type { LiveValue } from "../live-value.ts";
import type { Parse } from "../parse.ts";
import type { FollowedHost, FollowedVideo } from "./host.ts";

/**
 * Options of {@link Video.state}. Values that `parse` refuses are skipped, and `onError` is called with
 * `data_unexpected`; by default, {@link Ovation.onError}.
 *
 * @example
 * const options: StateOptions<Score> = { parse: scoreSchema };
 */
export interface StateOptions<Value> {
  readonly parse?: Parse<Value> | undefined;
  readonly onError?: ((error: OvationError) => void) | undefined;
}

export function stateOf<Value>(
  host: FollowedHost,
  video: FollowedVideo,
  name: string,
  { parse: given, onError }: StateOptions<Value>,
): LiveValue<Value | undefined> {
  let current: Value | undefined;
  const parse = (data: unknown): Value | undefined => {
    // An event without data says that the value was removed.
    if (data === undefined || data === null) return undefined;
    if (given === undefined) return data as Value;
    return typeof given === "function" ? given(data) : given.parse(data);
  };
  return {
    get current() {
      return current;
    },
    onChange: (listener) => {
      const take = ({ data }: { readonly data?: unknown }) => {
        current = data as Value | undefined;
        listener(current);
      };
      const offs = [
        host.watch(video.id, { history: 0 }, name),
        video.on(name, take, { parse, onError, history: 0 }),
      ];
      return () => {
        for (const off of offs) off();
      };
    },
  };
}
