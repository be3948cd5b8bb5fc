/**
 * Remembers values by id for a while, to tell a repeated event from a new one. Two generations,
 * rotated on access: an id is kept for between one and three spans, and a full generation is
 * rotated early.
 */
import type { MonotonicClock } from "../runtime/lifecycle.ts";

export class RecentMap<V> {
  readonly #spanMs: number;
  readonly #generationLimit: number;
  readonly #now: MonotonicClock;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #youngSince: number;

  /**
   * @param spanMs how long an id is remembered at least, unless more than `generationLimit` follow
   * meanwhile
   */
  constructor(spanMs: number, generationLimit: number, now: MonotonicClock) {
    this.#spanMs = spanMs;
    this.#generationLimit = generationLimit;
    this.#now = now;
    this.#youngSince = now();
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(id: string): V | undefined {
    this.#rotate();
    return this.#young.get(id) ?? this.#old.get(id);
  }

  set(id: string, value: V): void {
    this.#rotate();
    this.#young.set(id, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #rotate(): void {
    const now = this.#now();
    const age = now - this.#youngSince;
    if (age < this.#spanMs && this.#young.size < this.#generationLimit) return;
    this.#old = age < 2 * this.#spanMs ? this.#young : new Map();
    this.#young = new Map();
    this.#youngSince = now;
  }
}
