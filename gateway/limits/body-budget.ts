/**
 * The memory that request bodies may use together, from their first byte until they are answered.
 * A client that has sent only a part is not known yet, so limits by client don't apply here.
 */
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
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Opens the room of one body. */
  open(): BodyRoom {
    let taken = 0;
    let isEnded = false;
    const end = () => {
      this.#bytes -= taken;
      taken = 0;
      isEnded = true;
    };
    const take = (bytes: number) => {
      if (isEnded) return false;
      if (this.#bytes + bytes > this.#limitBytes) {
        this.refused += 1;
        end();
        return false;
      }
      taken += bytes;
      this.#bytes += bytes;
      return true;
    };
    return { take, end };
  }
}
