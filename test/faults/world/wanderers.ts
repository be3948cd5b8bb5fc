/** Connections that watch one video after another and never the same again, as fast as they are let. */
import { Asker } from "./asker.ts";

export class Wanderers {
  /** Answers by what they are: `result`, or the code of an error. */
  readonly answers: Map<string, number>;
  readonly #askers: readonly Asker[];

  private constructor(askers: readonly Asker[], answers: Map<string, number>) {
    this.#askers = askers;
    this.answers = answers;
  }

  static async open(url: string, count: number): Promise<Wanderers> {
    const answers = new Map<string, number>();
    const opening = Array.from({ length: count }, () => Asker.open(url, answers));
    return new Wanderers(await Promise.all(opening), answers);
  }

  /** Each of the videos is watched by one of them and left; each of them watches so many at a time. */
  async wander(videos: Iterator<string>, atOnce: number): Promise<void> {
    await Promise.all(this.#askers.map((asker) => wander(asker, videos, atOnce)));
  }

  close(): void {
    for (const asker of this.#askers) asker.close();
  }
}

async function wander(asker: Asker, videos: Iterator<string>, atOnce: number): Promise<void> {
  for (;;) {
    const watched: string[] = [];
    for (let count = 0; count < atOnce; count += 1) {
      const { done, value } = videos.next();
      if (done === true) break;
      watched.push(value);
    }
    if (watched.length === 0) return;
    for (const video of watched) asker.ask({ op: "subscribe", video });
    await asker.answered();
    for (const video of watched) asker.ask({ op: "unsubscribe", video });
    await asker.answered();
  }
}
