/**
 * Events that viewers with slower frames have not got yet, though all others have: durable ones, and
 * an even sample of transient ones.
 */
import type { LoggedDurableEvent } from "./cursor.ts";
import type { LoggedEvent } from "./frame.ts";

type Kept = LoggedEvent | LoggedDurableEvent;

export class KeptEvents {
  readonly #sampleLimit: number;
  #events: Kept[] = [];
  #durableCount = 0;
  /** One of so many transient events is kept. */
  #stride = 1;
  #passed = 0;

  /** @param sampleLimit the most transient events that are kept */
  constructor(sampleLimit: number) {
    this.#sampleLimit = sampleLimit;
  }

  get durableCount(): number {
    return this.#durableCount;
  }

  /** Events are added in the order of their positions. */
  add(event: Kept): void {
    if (event.deliveryClass === "durable") {
      this.#durableCount += 1;
      this.#events.push(event);
      return;
    }
    this.#passed += 1;
    if (this.#passed % this.#stride !== 0) return;
    // A copy, because it is kept: a slice would keep the whole network buffer in memory.
    this.#events.push({ ...event, bytes: new Uint8Array(event.bytes) });
    if (this.#transientCount > this.#sampleLimit) this.#thin();
  }

  /** Those after a position, oldest first. */
  after(position: number): readonly Kept[] {
    return this.#events.filter((event) => event.position > position);
  }

  /** Forgets those up to a position, which everybody has. */
  dropTo(position: number): void {
    const first = this.#events[0];
    if (first === undefined || first.position > position) return;
    this.#events = this.#events.filter((event) => event.position > position);
    this.#durableCount = this.#events.filter((event) => event.deliveryClass === "durable").length;
    // The flood may be over.
    if (this.#transientCount < this.#sampleLimit / 4) this.#stride = Math.ceil(this.#stride / 2);
  }

  get #transientCount(): number {
    return this.#events.length - this.#durableCount;
  }

  #thin(): void {
    this.#stride *= 2;
    let odd = false;
    this.#events = this.#events.filter((event) => {
      if (event.deliveryClass === "durable") return true;
      odd = !odd;
      return !odd;
    });
  }
}
