/**
 * The places of the events that were stored of late, by event id, to tell a repeat from a new one.
 * Two generations, turned when they are asked: an id is kept for between one and three spans, and a
 * full generation is closed early.
 */
import type { MonotonicClock } from "../../shared/lifecycle.ts";

/** Ids in one generation, of two. */
const GENERATION_LIMIT = 32_768;

export class RecentSeqs {
  readonly #spanMs: number;
  readonly #now: MonotonicClock;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngSince: number;

  /** @param spanMs how long an id is remembered at least, unless more than 32,768 come meanwhile */
  constructor(spanMs: number, now: MonotonicClock) {
    this.#spanMs = spanMs;
    this.#now = now;
    this.#youngSince = now();
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The `seq` of the event of this id, if it was stored of late. */
  get(id: string): number | undefined {
    this.#turn();
    return this.#young.get(id) ?? this.#old.get(id);
  }

  set(id: string, seq: number): void {
    this.#turn();
    this.#young.set(id, seq);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #turn(): void {
    const now = this.#now();
    const age = now - this.#youngSince;
    if (age < this.#spanMs && this.#young.size < GENERATION_LIMIT) return;
    this.#old = age < 2 * this.#spanMs ? this.#young : new Map();
    this.#young = new Map();
    this.#youngSince = now;
  }
}
