/** What the events of a video are counted by: their kinds, and the variants of each. */
import type { DeliveredClass } from "../../shared/protocol/kinds.ts";
import { variantName } from "../../shared/protocol/totals/totals.ts";

export interface CountedEvent {
  readonly kind: string;
  readonly deliveryClass: DeliveredClass;
  readonly variant?: string | undefined;
}

interface CountedName {
  readonly name: string;
  /** Undefined for a variant: its events count for their kind too. */
  readonly deliveryClass: DeliveredClass | undefined;
}

interface CountedKind {
  readonly index: number;
  readonly variants: Map<string, number>;
}

export class CountedNames {
  /** Their places never change: numbers are kept by the index of their name. */
  readonly names: CountedName[] = [];
  readonly #kinds = new Map<string, CountedKind>();

  /** The index of a kind. */
  ofKind(kind: string, deliveryClass: DeliveredClass): number {
    return (this.#kinds.get(kind) ?? this.#add(kind, deliveryClass)).index;
  }

  /** The index of a variant of a kind that has an index. Dispatchers bound their number. */
  ofVariant(kind: string, variant: string): number {
    const { variants } = this.#kinds.get(kind) ?? this.#add(kind, "transient");
    const known = variants.get(variant);
    if (known !== undefined) return known;
    const index =
      this.names.push({ name: variantName(kind, variant), deliveryClass: undefined }) - 1;
    variants.set(variant, index);
    return index;
  }

  #add(kind: string, deliveryClass: DeliveredClass): CountedKind {
    const index = this.names.push({ name: kind, deliveryClass }) - 1;
    const added = { index, variants: new Map<string, number>() };
    this.#kinds.set(kind, added);
    return added;
  }
}
