/** The totals that a viewer was told. */
import { expect } from "vitest";
import type { Inbox } from "./viewer.ts";

type Totals = Readonly<Record<string, number>>;

/** Those that this viewer received last. */
export function totalsOf(viewer: Inbox, video: string): Totals | undefined {
  return viewer.of(video, "totals").at(-1)?.data as Totals | undefined;
}

/** Resolves when these are the totals that this viewer received last. */
export async function untilTotals(viewer: Inbox, video: string, totals: Totals): Promise<void> {
  const wanted = sorted(totals);
  await viewer.until(() => sorted(totalsOf(viewer, video) ?? {}) === wanted);
}

function sorted(totals: Totals): string {
  return JSON.stringify(Object.entries(totals).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Checks that no total of this kind was lower than one before. */
export function expectRising(viewer: Inbox, video: string, kind: string): void {
  const numbers = viewer.of(video, "totals").map(({ data }) => (data as Totals)[kind] ?? 0);
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
}
