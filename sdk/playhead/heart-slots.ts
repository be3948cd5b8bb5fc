/**
 * The likes of a recording: the timeline has their numbers by ten seconds, which are spread evenly
 * over these, and what a video's totals were at each moment.
 */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import { addCounts } from "./held-queue.ts";

/** The length of a slot of the timeline. */
export const SLOT_MS = 10_000;
const STEP_MS = 250;
const STEPS = SLOT_MS / STEP_MS;

/** What happened in ten seconds. */
export interface Slot {
  /** When it begins, in milliseconds since 1970. */
  readonly at: number;
  /** By kind. */
  readonly counts: Counts;
  /** The most viewers there were; undefined when that isn't known. */
  readonly viewers: number | undefined;
}

/** A slot, and what there was before it since the recording began. */
export interface PlacedSlot extends Slot {
  readonly before: Counts;
}

/** What there was up to the end of a slot. */
export function totalsAfter({ before, counts }: PlacedSlot): Counts {
  const sum = { ...before };
  addCounts(sum, counts);
  return sum;
}

/** The counts of a slot in steps, each with the end of its step. @param kinds those that are spread */
export function stepsOf(
  { at, counts }: Slot,
  kinds: readonly string[],
): { readonly due: number; readonly counts: Counts }[] {
  return Array.from({ length: STEPS }, (_, step) => {
    const share = (count: number, steps: number) => Math.floor((count * steps) / STEPS);
    const part = kinds
      .map((kind) => [kind, counts[kind] ?? 0] as const)
      .map(([kind, count]) => [kind, share(count, step + 1) - share(count, step)] as const)
      .filter(([, count]) => count > 0);
    return { due: at + (step + 1) * STEP_MS, counts: Object.fromEntries(part) };
  }).filter(({ counts: some }) => Object.keys(some).length > 0);
}

/** The start of the slot that a moment is in. */
export function slotStart(moment: number): number {
  return moment - (moment % SLOT_MS);
}
