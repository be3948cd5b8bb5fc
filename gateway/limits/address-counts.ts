/** How many of something each address has; never more entries than there are of it. */
import type { ClientKey } from "./client-key.ts";

export class AddressCounts {
  readonly #counts = new Map<ClientKey, number>();

  /** How many addresses have one. */
  get size(): number {
    return this.#counts.size;
  }

  of(address: ClientKey): number {
    return this.#counts.get(address) ?? 0;
  }

  add(address: ClientKey): void {
    this.#counts.set(address, this.of(address) + 1);
  }

  remove(address: ClientKey): void {
    const others = this.of(address) - 1;
    if (others > 0) this.#counts.set(address, others);
    else this.#counts.delete(address);
  }
}
