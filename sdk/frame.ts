/** The events of a video that a viewer gets together. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";

/**
 * What happened on a video since the last frame. Under a flood of likes `events` contains a sample of
 * them; `counts` always has the exact number of each kind.
 *
 * @example
 * video.onFrame(({ counts }) => showHearts(counts.like ?? 0));
 */
export interface Frame {
  readonly events: readonly OvationEvent[];
  /**
   * Exact numbers by kind, and of a kind's variants by `kind:variant`, including those in `events`.
   * Kinds of which only the newest event matters, such as `viewers`, are not counted.
   */
  readonly counts: Counts;
}

/** What an event is counted by: its kind, and its variant if it has one. */
export function namesOf({
  kind,
  data,
  seq,
}: Pick<OvationEvent, "kind" | "data" | "seq">): string[] {
  const { variant } = Object(seq === undefined ? data : null) as { readonly variant?: unknown };
  return typeof variant === "string" ? [kind, `${kind}:${variant}`] : [kind];
}

/**
 * The counts of a frame.
 * @param dropped events that are not delivered, but are included in `received`
 * @param received the gateway's counts; undefined if it sent every event
 */
export function countsOf(
  delivered: readonly OvationEvent[],
  dropped: readonly OvationEvent[],
  received: Counts | undefined,
): Counts {
  const counts: Record<string, number> = { ...received };
  const [events, by] = received === undefined ? [delivered, 1] : [dropped, -1];
  for (const name of events.flatMap(namesOf)) {
    counts[name] = Math.max(0, (counts[name] ?? 0) + by);
  }
  return counts;
}
