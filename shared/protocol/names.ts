/**
 * The grammar of every name that becomes a part of a NATS subject or of a KV key.
 * NATS itself accepts `*`, `>` and more, so a name is checked here before a subject is built.
 */
import { randomBytes } from "node:crypto";
import { VIDEO_PATTERN } from "./name-patterns.ts";

export { EVENT_ID_PATTERN, VIDEO_PATTERN } from "./name-patterns.ts";

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

/**
 * Generates event ids: 48 random bits for the process, then a counter. Unique for the life of the
 * system without a random number per event; not secret, and not meant to be.
 */
export class EventIds {
  readonly #prefix = randomBytes(6).toString("base64url");
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count.toString(36)}`;
  }
}
