/**
 * Who voted for what in one poll, in 13 bytes for each slot: an open-addressing hash table in typed
 * arrays. A `Map` would take five times as much, and a million entries would stop the garbage
 * collector for long.
 *
 * It is divided by the hash, so that it grows a part at a time: no vote waits for a whole table to
 * be moved, and little is held twice meanwhile.
 */
import { randomInt } from "node:crypto";
import type { StoredVote } from "../../shared/protocol/votes/record.ts";

const PARTS = 32;
const PART_BITS = 5;
const FIRST_SLOTS = 8;
/** Above this share of its slots, a part doubles. */
const FILL_LIMIT = 0.75;
/** The hash of the actor in two halves, and the tag. */
const WORDS = 3;
const BYTES_PER_SLOT = 4 * WORDS + 1;
const EMPTY = 0;

/** What an actor voted for, and in which event. */
export interface Cast {
  readonly choice: number;
  readonly tag: number;
}

/**
 * Slots are found by a multiplication that differs from process to process: whoever chooses actors
 * can't choose those that collide.
 */
interface Mixer {
  readonly first: number;
  readonly second: number;
}

class Part {
  #slots = FIRST_SLOTS;
  #shift = 29;
  #words = new Uint32Array(FIRST_SLOTS * WORDS);
  /** The choice plus one; zero for an empty slot. */
  #choices = new Uint8Array(FIRST_SLOTS);
  #count = 0;
  readonly #mixer: Mixer;

  constructor(mixer: Mixer) {
    this.#mixer = mixer;
  }

  get bytes(): number {
    return this.#slots * BYTES_PER_SLOT;
  }

  get(high: number, low: number): Cast | undefined {
    const slot = this.#find(high, low);
    const choice = this.#choices[slot] ?? EMPTY;
    if (choice === EMPTY) return undefined;
    return { choice: choice - 1, tag: this.#words[slot * WORDS + 2] ?? 0 };
  }

  /** @returns the choice that was there before */
  set({ high, low, tag, choice }: StoredVote): number | undefined {
    const slot = this.#find(high, low);
    const before = this.#choices[slot] ?? EMPTY;
    this.#write(slot, high, low, tag, choice + 1);
    if (before !== EMPTY) return before - 1;
    this.#count += 1;
    if (this.#count > FILL_LIMIT * this.#slots) this.#grow();
    return undefined;
  }

  /** The actor's slot, or the empty one that it would take. */
  #find(high: number, low: number): number {
    const { first, second } = this.#mixer;
    const mask = this.#slots - 1;
    let slot = (Math.imul(high, first) + Math.imul(low, second)) >>> this.#shift;
    while (this.#choices[slot] !== EMPTY) {
      const at = slot * WORDS;
      if (this.#words[at] === high && this.#words[at + 1] === low) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #write(slot: number, high: number, low: number, tag: number, choice: number): void {
    const at = slot * WORDS;
    this.#words[at] = high;
    this.#words[at + 1] = low;
    this.#words[at + 2] = tag;
    this.#choices[slot] = choice;
  }

  #grow(): void {
    const words = this.#words;
    const choices = this.#choices;
    this.#slots *= 2;
    this.#shift -= 1;
    this.#words = new Uint32Array(this.#slots * WORDS);
    this.#choices = new Uint8Array(this.#slots);
    for (const [slot, choice] of choices.entries()) {
      if (choice === EMPTY) continue;
      const at = slot * WORDS;
      const high = words[at] ?? 0;
      const low = words[at + 1] ?? 0;
      this.#write(this.#find(high, low), high, low, words[at + 2] ?? 0, choice);
    }
  }
}

function oddNumber(): number {
  return randomInt(2 ** 31) * 2 + 1;
}

export class VoteTable {
  readonly #mixer: Mixer = { first: oddNumber(), second: oddNumber() };
  readonly #parts: (Part | undefined)[] = new Array<undefined>(PARTS).fill(undefined);
  #size = 0;

  /** How many actors have voted. */
  get size(): number {
    return this.#size;
  }

  /** How much memory it takes. */
  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + (part?.bytes ?? 0), 0);
  }

  get(high: number, low: number): Cast | undefined {
    return this.#parts[high >>> (32 - PART_BITS)]?.get(high, low);
  }

  /** @returns the choice that the actor had voted for before */
  set(vote: StoredVote): number | undefined {
    const index = vote.high >>> (32 - PART_BITS);
    const part = this.#parts[index] ?? new Part(this.#mixer);
    this.#parts[index] = part;
    const before = part.set(vote);
    if (before === undefined) this.#size += 1;
    return before;
  }
}
