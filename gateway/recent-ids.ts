/**
 * Remembers ids for a while, to tell a repeated event from a new one. Two generations, turned when
 * an id comes: ids are kept for between one and three spans, and a full generation is closed early.
 */
import type { MonotonicClock } from "../shared/lifecycle.ts";

/** Ids in one generation, of two. */
const GENERATION_LIMIT = 8_192;

export class RecentIds {
  readonly #spanMs: number;
  readonly #now: MonotonicClock;
  #young = new Set<string>();
  #old = new Set<string>();
  #youngSince: number;

  /** @param spanMs how long an id is remembered at least, unless more than 8,192 come meanwhile */
  constructor(spanMs: number, now: MonotonicClock) {
    this.#spanMs = spanMs;
    this.#now = now;
    this.#youngSince = now();
  }

  /** Returns false if the id was added before, within the time that is remembered. */
  add(id: string): boolean {
    this.#turn();
    if (this.#young.has(id) || this.#old.has(id)) return false;
    this.#young.add(id);
    return true;
  }

  #turn(): void {
    const now = this.#now();
    const age = now - this.#youngSince;
    if (age < this.#spanMs && this.#young.size < GENERATION_LIMIT) return;
    this.#old = age < 2 * this.#spanMs ? this.#young : new Set();
    this.#young = new Set();
    this.#youngSince = now;
  }
}
