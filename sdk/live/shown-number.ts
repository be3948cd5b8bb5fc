/**
 * A number as one viewer sees it: what the server said last, what frames brought since, and the
 * viewer's own events, which show at once. It never counts an event twice, and never goes backwards,
 * except when one of the viewer's own events is refused, or the server's number is set lower.
 */

/** Own events that are remembered after something else stood for them. */
const REPLACED_LIMIT = 1_000;

export class ShownNumber {
  /** Without own events that nothing has brought yet. */
  #base = 0;
  /** What the server said last on this connection; undefined before it has. */
  #server: number | undefined;
  /** The ids of own events that show though nothing has brought them, oldest first. */
  readonly #own = new Set<string>();
  /**
   * Own events whose share was taken by an event without an id: it may have been another one of our
   * own, which then still shows, and must go in its place.
   */
  readonly #replaced = new Set<string>();

  get shown(): number {
    return this.#base + this.#own.size;
  }

  /** The viewer published an event. */
  publish(id: string): void {
    this.#own.add(id);
  }

  /** An own event was refused, or a frame has it. */
  settle(id: string): void {
    if (this.#own.delete(id)) return;
    const [other] = this.#own;
    if (this.#replaced.delete(id) && other !== undefined) this.#own.delete(other);
  }

  /** A frame brings events, some of them without their ids. @param listed the ids that it has */
  add(count: number, listed: readonly string[]): void {
    this.#base += count;
    for (const id of listed) this.settle(id);
    this.#replace(count - listed.length);
  }

  /** There are at least this many, own ones included: what exceeds the base may be our own. */
  raise(total: number): void {
    const more = total - this.#base;
    if (more <= 0) return;
    this.#base = total;
    this.#replace(more);
  }

  /** The server says what the number is: it may be a little behind, so only its own fall counts. */
  setServer(total: number): void {
    if (this.#server !== undefined && total < this.#server) this.#base = total;
    else this.raise(total);
    this.#server = total;
  }

  /** Another gateway may be further behind: its first number is no fall. */
  reconnect(): void {
    this.#server = undefined;
  }

  #replace(count: number): void {
    let left = count;
    for (const id of this.#own) {
      if (left <= 0) return;
      left -= 1;
      this.#own.delete(id);
      this.#replaced.add(id);
    }
    for (const id of this.#replaced) {
      if (this.#replaced.size <= REPLACED_LIMIT) return;
      this.#replaced.delete(id);
    }
  }
}
