/** A poll as a hook. */
import { useCallback, useMemo, useState } from "react";
import type { OvationError } from "../error.ts";
import type { Poll } from "../live/shown-poll.ts";
import type { Video } from "../video.ts";
import { useLive } from "./use-live.ts";

/**
 * A poll of a video with its tally and this client's vote (`poll.own`), which counts at once; `poll`
 * is undefined while the video has none of this name. `vote` never rejects: `error` says why the last
 * vote was refused, such as `already_voted`.
 *
 * @example
 * const { poll, vote, error } = usePoll(video, "mvp");
 * return poll?.choices.map((choice, at) => (
 *   <button key={choice} type="button" onClick={() => vote(at)}>{choice} {poll.votes?.[at]}</button>
 * ));
 */
export function usePoll<Kinds extends object>(
  video: Video<Kinds>,
  name: string,
): {
  readonly poll: Poll | undefined;
  readonly vote: (choice: number) => Promise<void>;
  readonly error: OvationError | undefined;
} {
  const live = useMemo(() => video.poll(name), [video, name]);
  const [error, setError] = useState<OvationError>();
  const vote = useCallback(
    async (choice: number) => {
      try {
        await live.vote(choice);
        setError(undefined);
      } catch (cause) {
        setError(cause as OvationError);
      }
    },
    [live],
  );
  return { poll: useLive<Poll | undefined>(live, undefined, [live]), vote, error };
}
