/**
 * The memory that request bodies may use together, from their first byte until they are answered,
 * and those of one address: a client that has sent only a part is not known by more yet.
 */
import type { ClientKey } from "./client-key.ts";

export interface BodyRoom {
  /** False when there is no room, or the request has ended: drop the bytes. */
  take(bytes: number): boolean;
  /** Safe to call twice. */
  end(): void;
}

export class BodyBudget {
  /** Bodies that found no room. */
  refused = 0;
  readonly #limitBytes: number;
  readonly #shareBytes: number;
  readonly #byAddress = new Map<ClientKey, number>();
  #bytes = 0;

  /** @param shareBytes how much of it one address may use */
  constructor(limitBytes: number, shareBytes = limitBytes) {
    this.#limitBytes = limitBytes;
    this.#shareBytes = shareBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Opens the room of one body. */
  open(address: ClientKey): BodyRoom {
    let taken = 0;
    let isEnded = false;
    const end = () => {
      this.#add(address, -taken);
      taken = 0;
      isEnded = true;
    };
    const take = (bytes: number) => {
      if (isEnded) return false;
      const used = this.#byAddress.get(address) ?? 0;
      if (this.#bytes + bytes > this.#limitBytes || used + bytes > this.#shareBytes) {
        this.refused += 1;
        end();
        return false;
      }
      taken += bytes;
      this.#add(address, bytes);
      return true;
    };
    return { take, end };
  }

  #add(address: ClientKey, bytes: number): void {
    this.#bytes += bytes;
    const used = (this.#byAddress.get(address) ?? 0) + bytes;
    if (used > 0) this.#byAddress.set(address, used);
    else this.#byAddress.delete(address);
  }
}
