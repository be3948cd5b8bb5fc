/** What a viewer is given of a video at once. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";

/**
 * What happened on a video since the last frame. Under a flood of likes `events` holds a sample of
 * them; `counts` always has the exact number of each kind.
 *
 * @example
 * video.onFrame(({ counts }) => showHearts(counts.like ?? 0));
 */
export interface Frame {
  readonly events: readonly OvationEvent[];
  /** Exact numbers by kind, those of `events` included; without viewer counts. */
  readonly counts: Counts;
}

/** The frame of the events that are passed on; `dropped` ones, though counted, are not. */
export function frameOf(
  events: readonly OvationEvent[],
  dropped: readonly OvationEvent[],
  told: Counts | undefined,
): Frame {
  const counts: Record<string, number> = { ...told };
  const add = (kind: string, count: number) => {
    counts[kind] = Math.max(0, (counts[kind] ?? 0) + count);
  };
  if (told === undefined) {
    for (const { kind } of events) if (kind !== VIEWERS_KIND) add(kind, 1);
  } else for (const { kind } of dropped) add(kind, -1);
  return { events, counts };
}
