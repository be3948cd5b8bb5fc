/**
 * Durable events that are being published here, so that whoever takes one back right behind its
 * publish, and without its answer, finds it stored.
 */

export class EventsUnderWay {
  readonly #byEvent = new Map<string, Promise<unknown>>();

  get size(): number {
    return this.#byEvent.size;
  }

  /** These events of the video are under way until the work ends; gives the work. */
  add<T>(video: string, ids: readonly (string | undefined)[], work: Promise<T>): Promise<T> {
    if (ids.length === 0) return work;
    for (const id of ids) this.#byEvent.set(keyOf(video, id), work);
    const end = () => {
      for (const id of ids) {
        const key = keyOf(video, id);
        // It may be under way a second time, as a repeat.
        if (this.#byEvent.get(key) === work) this.#byEvent.delete(key);
      }
    };
    work.then(end, end);
    return work;
  }

  /** Resolves when the event is not under way, whatever came of it. */
  async settled(video: string, id: string): Promise<void> {
    await this.#byEvent.get(keyOf(video, id))?.catch(() => undefined);
  }
}

/** No id has a space. */
function keyOf(video: string, id: string | undefined): string {
  return `${video} ${id}`;
}
