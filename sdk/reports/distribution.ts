/** Durations in buckets, as a report has them. */
import { REPORT_LIMIT, REPORT_LONGEST_MS } from "../../shared/protocol/wire/report-limit.ts";

export interface Reported {
  readonly counts: readonly number[];
  readonly sumMs: number;
}

export class Distribution {
  readonly #boundsMs: readonly number[];
  #counts: number[] = [];
  #total = 0;
  #sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs;
    this.take();
  }

  /** Beyond the limit of a report, further durations are left out. */
  add(ms: number): void {
    if (!(ms <= REPORT_LONGEST_MS) || this.#total >= REPORT_LIMIT) return;
    const after = this.#boundsMs.findIndex((bound) => ms <= bound);
    const bucket = after < 0 ? this.#boundsMs.length : after;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#sumMs += ms;
  }

  /** What was added since the last call; undefined if nothing was. */
  take(): Reported | undefined {
    const taken = { counts: this.#counts, sumMs: Math.floor(this.#sumMs) };
    const isEmpty = this.#total === 0;
    this.#counts = new Array<number>(this.#boundsMs.length + 1).fill(0);
    this.#total = this.#sumMs = 0;
    return isEmpty ? undefined : taken;
  }
}
