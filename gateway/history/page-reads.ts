/**
 * Reads histories for single pages, a few at a time. Requests for the same part of a video share a read
 * that has not begun yet, so that many who play a recording cost few.
 */
import pLimit from "p-limit";
import type { StoredRecord } from "../../shared/protocol/history/record.ts";
import type { HistoryReader } from "./reader.ts";

const READS_AT_ONCE = 2;
/** Parts begin at multiples of this, so that those who are near each other share one. */
const SHARED_MS = 600_000;

export class PageReads {
  readonly #reader: Pick<HistoryReader, "whole" | "since">;
  readonly #limit = pLimit(READS_AT_ONCE);
  /** Reads that have not begun, by video and part. */
  readonly #queued = new Map<string, Promise<readonly StoredRecord[]>>();

  constructor(reader: Pick<HistoryReader, "whole" | "since">) {
    this.#reader = reader;
  }

  /**
   * The records that were stored since a time, and maybe earlier ones, oldest first.
   * @param sinceMs in milliseconds since 1970, by the clock of NATS
   * @throws OvationError history_unavailable
   */
  async since(video: string, sinceMs: number): Promise<readonly StoredRecord[]> {
    const start = Math.max(0, Math.floor(sinceMs / SHARED_MS)) * SHARED_MS;
    const key = `${video} ${start}`;
    const queued = this.#queued.get(key);
    if (queued !== undefined) return await queued;
    const read = this.#limit(async () => {
      this.#queued.delete(key);
      const stored = await (start > 0
        ? this.#reader.since(video, start)
        : this.#reader.whole(video));
      return stored.map(({ record }) => record);
    });
    this.#queued.set(key, read);
    return await read;
  }
}
