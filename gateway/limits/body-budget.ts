/**
 * The memory that bodies of requests may take together, from their first byte until they are
 * answered: who has sent a part and no more is not known yet, so limits by client don't hold here.
 */
export interface BodyRoom {
  /** False when there is no more, or the request is over: what came is to be let go. */
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

  /** For one body. */
  open(): BodyRoom {
    let taken = 0;
    let isOver = false;
    const end = () => {
      this.#bytes -= taken;
      taken = 0;
      isOver = true;
    };
    const take = (bytes: number) => {
      if (isOver) return false;
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
