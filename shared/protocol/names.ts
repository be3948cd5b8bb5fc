/**
 * The grammar of every name that becomes a part of a NATS subject or of a KV key.
 * NATS itself accepts `*`, `>` and more, so a name is checked here before a subject is built.
 */
import { randomBytes, randomFillSync } from "node:crypto";
import { VIDEO_PATTERN } from "./name-patterns.ts";

export { EVENT_ID_PATTERN, VIDEO_PATTERN } from "./name-patterns.ts";

/**
 * Who an event is published as: well-formed Unicode (`\p{Cs}` is half a pair) without
 * control characters.
 */
export const ACTOR_PATTERN = /^[^\p{Cc}\p{Cs}]+$/u;

/** A gateway id, made by {@link newNodeId}. */
const GATEWAY_PATTERN = /^[a-z0-9]{1,32}$/;

export function isVideoId(text: string): boolean {
  return VIDEO_PATTERN.test(text);
}

export function isGatewayId(text: string): boolean {
  return GATEWAY_PATTERN.test(text);
}

/** A new id for one run of a process: 80 random bits, lower-case letters and digits. */
export function newNodeId(): string {
  const bits = BigInt(`0x${randomBytes(10).toString("hex")}`);
  return bits.toString(36).padStart(16, "0");
}

/** Ids are made from this many random numbers at a time: one call for each would cost more. */
const POOLED_IDS = 512;

/** Random texts of one length, in base64, that tell nothing of each other. */
class RandomTexts {
  readonly #pool: Buffer;
  readonly #length: number;
  #texts = "";
  #at = 0;

  /** @param triples three bytes each, which take four characters */
  constructor(triples: number) {
    this.#pool = Buffer.alloc(POOLED_IDS * 3 * triples);
    this.#length = 4 * triples;
  }

  next(): string {
    if (this.#at === this.#texts.length) {
      this.#texts = randomFillSync(this.#pool).toString("base64url");
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += this.#length;
    return this.#texts.slice(start, this.#at);
  }
}

/**
 * Makes the ids of events that may be repeated with them: 120 random bits, so that nobody guesses
 * one before it is published.
 */
export class EventIds {
  readonly #texts = new RandomTexts(5);

  next(): string {
    return this.#texts.next();
  }
}

/**
 * Makes the ids of events that nobody repeats: likes without an id, and Ovation's own events. 72
 * random bits behind a character that {@link EVENT_ID_PATTERN} excludes, so no client can give one.
 */
export class ReservedIds {
  readonly #texts = new RandomTexts(3);

  next(): string {
    return `~${this.#texts.next()}`;
  }
}
