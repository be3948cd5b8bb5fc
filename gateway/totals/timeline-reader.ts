/** Reads what happened on a video over time, from the hours that dispatchers store. */
import pLimit from "p-limit";
import type { Bucket } from "../../shared/bus/bucket.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { timelineKey } from "../../shared/protocol/subjects.ts";
import {
  decodeTimeline,
  HOUR_MS,
  hourOf,
  NO_TIMELINE,
  SLOT_MS,
  type Slot,
  type TimelineDocument,
} from "../../shared/protocol/totals/timeline-document.ts";
import { addTo, type Tally } from "../../shared/protocol/totals/totals.ts";

/** Hours that are read at once, of all requests. */
const READS_AT_ONCE = 8;
const READS_WAITING_LIMIT = 1_024;

/** Moments in milliseconds since 1970, and lengths: all of them multiples of a slot. */
export interface TimelineRequest {
  readonly from: number;
  /** The end, which is not part of it. */
  readonly to: number;
  readonly step: number;
}

interface TimelinePoint {
  /** When it begins. */
  readonly at: number;
  /** Events that were accepted, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** The most viewers there were; null when that is not known. */
  readonly viewers: number | null;
}

export interface TimelinePage {
  readonly points: readonly TimelinePoint[];
  /** Bytes that were read. */
  readonly bytes: number;
}

export class TimelineReader {
  readonly stats = { reads: 0, failures: 0 };
  readonly #bucket: Pick<Bucket, "get">;
  readonly #limit = pLimit(READS_AT_ONCE);

  constructor(bucket: Pick<Bucket, "get">) {
    this.#bucket = bucket;
  }

  /** @throws OvationError history_unavailable */
  async read(video: string, request: TimelineRequest): Promise<TimelinePage> {
    const { from, to } = request;
    // One hour more: it says how many viewers there were before, if that did not change since.
    const first = hourOf(from) - 1;
    const last = hourOf(to - 1);
    if (this.#limit.pendingCount + last - first > READS_WAITING_LIMIT) {
      throw new OvationError("history_unavailable", "too many reads of timelines are waiting");
    }
    const hours = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    try {
      const read = await Promise.all(
        hours.map((hour) => this.#limit(() => this.#hour(video, hour))),
      );
      const slots = new Map(
        read.flatMap(({ document }, index) => slotsAt(document, hours[index] ?? 0)),
      );
      const bytes = read.reduce((sum, hour) => sum + hour.bytes, 0);
      return { points: pointsOf(slots, request), bytes };
    } catch (cause) {
      this.stats.failures += 1;
      const text = "the timeline can't be read at the moment";
      throw new OvationError("history_unavailable", text, { cause });
    }
  }

  async #hour(video: string, hour: number) {
    this.stats.reads += 1;
    const entry = await this.#bucket.get(timelineKey(video, hour));
    const value = entry?.value ?? new Uint8Array();
    return { document: decodeTimeline(value) ?? NO_TIMELINE, bytes: value.length };
  }
}

function slotsAt({ slots }: TimelineDocument, hour: number): [at: number, slot: Slot][] {
  return [...slots].map(([number, slot]) => [hour * HOUR_MS + number * SLOT_MS, slot]);
}

function pointsOf(
  slots: ReadonlyMap<number, Slot>,
  { from, to, step }: TimelineRequest,
): TimelinePoint[] {
  const points: TimelinePoint[] = [];
  // A slot in which the number did not change doesn't have it. It is not taken from further back
  // than an hour, since those who had counted them may be gone.
  let known: { readonly viewers: number; readonly at: number } | undefined;
  const viewersAt = (at: number): number | undefined => {
    const viewers = slots.get(at)?.viewers;
    if (viewers !== undefined) known = { viewers, at };
    return known !== undefined && at - known.at <= HOUR_MS ? known.viewers : undefined;
  };
  for (let at = from - HOUR_MS; at < from; at += SLOT_MS) viewersAt(at);
  for (let start = from; start < to; start += step) {
    const counts: Tally = new Map();
    let viewers: number | undefined;
    for (let at = start; at < Math.min(start + step, to); at += SLOT_MS) {
      for (const [kind, count] of slots.get(at)?.counts ?? []) addTo(counts, kind, count);
      const now = viewersAt(at);
      if (now !== undefined) viewers = Math.max(viewers ?? 0, now);
    }
    points.push({ at: start, counts: Object.fromEntries(counts), viewers: viewers ?? null });
  }
  return points;
}
