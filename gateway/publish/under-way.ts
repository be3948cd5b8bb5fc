/**
 * Durable events that are being published here, so that a delete sent right after a publish,
 * without waiting for its answer, finds the event stored.
 */

export class EventsUnderWay {
  readonly #byEvent = new Map<string, Promise<unknown>>();

  get size(): number {
    return this.#byEvent.size;
  }

  /** Marks these events of the video as under way until the work ends; returns the work. */
  add<T>(video: string, ids: readonly (string | undefined)[], work: Promise<T>): Promise<T> {
    for (const id of ids) this.#mark(keyOf(video, id), work);
    return work;
  }

  #mark(key: string, work: Promise<unknown>): void {
    const earlier = this.#byEvent.get(key);
    // A repeat, or another publisher's event that will be refused, must not hide the first.
    const ended = earlier === undefined ? work : Promise.allSettled([earlier, work]);
    this.#byEvent.set(key, ended);
    const end = () => {
      if (this.#byEvent.get(key) === ended) this.#byEvent.delete(key);
    };
    ended.then(end, end);
  }

  /** Resolves when the event is no longer under way, whatever the outcome. */
  async settled(video: string, id: string): Promise<void> {
    const key = keyOf(video, id);
    // What had to wait before it could be checked is published then.
    for (let work = this.#byEvent.get(key); work !== undefined; work = this.#byEvent.get(key)) {
      await work.catch(() => undefined);
    }
  }
}

/** No id has a space. */
function keyOf(video: string, id: string | undefined): string {
  return `${video} ${id}`;
}
