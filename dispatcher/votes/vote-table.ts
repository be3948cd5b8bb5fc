/**
 * Who voted for what in one poll, in 13 bytes for each slot: an open-addressing hash table in typed
 * arrays. Between 64 and 80 percent of the slots are taken, so a vote takes 16 to 20 bytes. A `Map`
 * would take five times as much, and a million entries would stop the garbage collector for long.
 *
 * It is divided by the hash, so that it grows a part at a time: no vote waits for a whole table to
 * be moved, and no more than a part is held twice meanwhile.
 */
import { randomInt } from "node:crypto";
import type { StoredVote } from "../../shared/protocol/votes/record.ts";

const PARTS = 64;
/** A number of 32 bits gives the part, and then the slot in it. */
const SLOT_BITS = 26;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const FIRST_SLOTS = 8;
/** Above this share of its slots, a part grows: doubling would leave most of them empty. */
const FILL_LIMIT = 0.8;
const GROWTH = 1.25;
/** The hash of the actor in two halves, and the tag. */
const WORDS = 3;
const BYTES_PER_SLOT = 4 * WORDS + 1;
/** Of a part's objects. */
const PART_BYTES = 600;
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
class Mixer {
  readonly #first = oddNumber();
  readonly #second = oddNumber();

  /** 32 bits that depend on all of the hash. */
  mix(high: number, low: number): number {
    return (Math.imul(high, this.#first) + Math.imul(low, this.#second)) >>> 0;
  }
}

class Part {
  #slots = FIRST_SLOTS;
  #words = new Uint32Array(FIRST_SLOTS * WORDS);
  /** The choice plus one; zero for an empty slot. */
  #choices = new Uint8Array(FIRST_SLOTS);
  #count = 0;
  readonly #mixer: Mixer;

  constructor(mixer: Mixer) {
    this.#mixer = mixer;
  }

  get bytes(): number {
    return PART_BYTES + this.#slots * BYTES_PER_SLOT;
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
    const slots = this.#slots;
    // A share of the slots: their number need not be a power of two.
    let slot = Math.floor(((this.#mixer.mix(high, low) & SLOT_MASK) * slots) / (SLOT_MASK + 1));
    while (this.#choices[slot] !== EMPTY) {
      const at = slot * WORDS;
      if (this.#words[at] === high && this.#words[at + 1] === low) break;
      slot += 1;
      if (slot === slots) slot = 0;
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
    this.#slots = Math.ceil(GROWTH * this.#slots);
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
  readonly #mixer = new Mixer();
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
    return this.#parts[this.#mixer.mix(high, low) >>> SLOT_BITS]?.get(high, low);
  }

  /** @returns the choice that the actor had voted for before */
  set(vote: StoredVote): number | undefined {
    const index = this.#mixer.mix(vote.high, vote.low) >>> SLOT_BITS;
    const part = this.#parts[index] ?? new Part(this.#mixer);
    this.#parts[index] = part;
    const before = part.set(vote);
    if (before === undefined) this.#size += 1;
    return before;
  }
}
