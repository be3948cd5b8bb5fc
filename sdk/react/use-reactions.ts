/** Reactions as a hook. */
import { useMemo } from "react";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Published } from "../outbox.ts";
import type { Video } from "../video.ts";
import { useLive } from "./use-live.ts";

const NONE: Counts = {};

/**
 * The totals of a kind's variants since the video's start, such as `{ "🔥": 12 }`, and a function that
 * publishes one, which counts at once.
 *
 * @param kind a kind with variants
 * @example
 * const { counts, publish } = useReactions(video);
 * return <button type="button" onClick={() => publish("🔥")}>🔥 {counts["🔥"] ?? 0}</button>;
 */
export function useReactions<Kinds extends object>(
  video: Video<Kinds>,
  kind = "react",
): { readonly counts: Counts; readonly publish: (variant: string) => Promise<Published> } {
  const reactions = useMemo(() => video.reactions(kind), [video, kind]);
  return { counts: useLive(reactions, NONE, [reactions]), publish: reactions.publish };
}
