/** The events of a video that a viewer gets together. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
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
  /** Exact numbers by kind, including those in `events`; without viewer counts. */
  readonly counts: Counts;
}

/**
 * The frame of the delivered events.
 * @param dropped events that are not delivered, but are included in `received`
 * @param received the gateway's counts; undefined if it sent every event
 */
export function frameOf(
  events: readonly OvationEvent[],
  dropped: readonly OvationEvent[],
  received: Counts | undefined,
): Frame {
  const counts: Record<string, number> = { ...received };
  const add = (kind: string, count: number) => {
    counts[kind] = Math.max(0, (counts[kind] ?? 0) + count);
  };
  if (received === undefined) {
    for (const { kind } of events) if (kind !== VIEWERS_KIND) add(kind, 1);
  } else for (const { kind } of dropped) add(kind, -1);
  return { events, counts };
}
