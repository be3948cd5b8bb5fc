/** Lets the loop of an endpoint sleep until there is something to do. */

export class Wake {
  #end: (() => void) | undefined;
  /** Whether it was called while nobody slept. */
  #isPending = false;
  /** The newest revision of the endpoint's progress that anybody wrote. */
  #newest = 0;

  /** There are new events. */
  call(): void {
    this.#isPending = true;
    this.#end?.();
  }

  /** The progress was written, by the loop itself or by another. */
  changed(revision: number): void {
    this.#newest = Math.max(this.#newest, revision);
    this.#isPending = true;
    this.#end?.();
  }

  /** Whether another has written the progress after this revision of ours. */
  isChanged(own: number): boolean {
    return this.#newest > own;
  }

  /** Resolves after the time, at the signal, and when there is something to do. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isPending) await this.#until(ms, signal, () => true);
    this.#isPending = false;
  }

  /** Resolves after the time, at the signal, and when another has written the progress. */
  async pause(ms: number, signal: AbortSignal, own: number): Promise<void> {
    if (!this.isChanged(own)) await this.#until(ms, signal, () => this.isChanged(own));
  }

  async #until(ms: number, signal: AbortSignal, isEnough: () => boolean): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#end = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end);
      this.#end = () => {
        if (isEnough()) end();
      };
    });
  }
}
