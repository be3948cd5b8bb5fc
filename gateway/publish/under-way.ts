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
    if (ids.length === 0) return work;
    for (const id of ids) this.#byEvent.set(keyOf(video, id), work);
    const end = () => {
      for (const id of ids) {
        const key = keyOf(video, id);
        // A repeat of it may be under way.
        if (this.#byEvent.get(key) === work) this.#byEvent.delete(key);
      }
    };
    work.then(end, end);
    return work;
  }

  /** Resolves when the event is no longer under way, whatever the outcome. */
  async settled(video: string, id: string): Promise<void> {
    await this.#byEvent.get(keyOf(video, id))?.catch(() => undefined);
  }
}

/** No id has a space. */
function keyOf(video: string, id: string | undefined): string {
  return `${video} ${id}`;
}
