/**
 * Which variants of the kinds that take any may be used on a video: the first 64 of each kind, at
 * whichever dispatcher they come. A variant that this dispatcher doesn't know is put into the
 * video's totals before it is accepted, and they have room for so many.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { RequestEvent } from "../../shared/protocol/events.ts";
import type { KindTable } from "../../shared/protocol/kinds.ts";
import { variantIn } from "../../shared/protocol/publishable.ts";
import { variantName } from "../../shared/protocol/totals/totals.ts";
import { VARIANTS_LIMIT } from "../../shared/protocol/variants.ts";

/** Videos whose variants are remembered, the least recently used one first. */
const VIDEOS_LIMIT = 10_000;

/** A variant of an event, and the event's name in an error. */
export interface UsedVariant {
  readonly kind: string;
  readonly variant: string;
  /** Such as `data.variant`. */
  readonly field: string;
}

/** The variants in a request, of kinds that take any. */
export function usedVariants(inputs: readonly RequestEvent[], kinds: KindTable): UsedVariant[] {
  const used: UsedVariant[] = [];
  for (const [index, { kind, data }] of inputs.entries()) {
    const variant = kinds.get(kind)?.variants === "any" ? variantIn(data) : undefined;
    if (variant === undefined) continue;
    const field = inputs.length === 1 ? "data.variant" : `events[${index}].data.variant`;
    used.push({ kind, variant, field });
  }
  return used;
}

/**
 * Puts names into a video's totals as far as there is room.
 * @returns all names that the totals have then
 * @throws what the store throws
 */
type Claim = (video: string, names: readonly string[]) => Promise<Iterable<string>>;

export class Variants {
  readonly #claim: Claim;
  readonly #byVideo = new Map<string, Set<string>>();

  constructor(claim: Claim) {
    this.#claim = claim;
  }

  /** Whether all of these were admitted here before. */
  areKnown(video: string, used: readonly UsedVariant[]): boolean {
    const known = this.#byVideo.get(video);
    return used.every(({ kind, variant }) => known?.has(variantName(kind, variant)) === true);
  }

  /**
   * Admits variants that aren't known.
   * @throws OvationError variants_exceeded
   */
  async admit(video: string, used: readonly UsedVariant[]): Promise<void> {
    const names = used.map(({ kind, variant }) => variantName(kind, variant));
    const known = this.#knownOf(video);
    try {
      const counted = await this.#claim(video, names);
      for (const name of counted) if (name.includes(":")) known.add(name);
    } catch {
      // The totals can't be stored now. Then this dispatcher bounds them by itself.
      for (const name of names) if (hasRoom(known, name)) known.add(name);
    }
    for (const { kind, variant, field } of used) {
      if (known.has(variantName(kind, variant))) continue;
      const text = `${field}: ${kind} has ${VARIANTS_LIMIT} other variants on this video`;
      throw new OvationError("variants_exceeded", text, { field, limit: VARIANTS_LIMIT });
    }
  }

  /** The video was erased. */
  forget(video: string): void {
    this.#byVideo.delete(video);
  }

  #knownOf(video: string): Set<string> {
    const known = this.#byVideo.get(video) ?? new Set();
    this.#byVideo.delete(video);
    this.#byVideo.set(video, known);
    const [oldest] = this.#byVideo.keys();
    if (this.#byVideo.size > VIDEOS_LIMIT && oldest !== undefined) this.#byVideo.delete(oldest);
    return known;
  }
}

function hasRoom(known: ReadonlySet<string>, name: string): boolean {
  const prefix = name.slice(0, name.indexOf(":") + 1);
  let variants = 0;
  for (const other of known) if (other.startsWith(prefix)) variants += 1;
  return variants < VARIANTS_LIMIT;
}
