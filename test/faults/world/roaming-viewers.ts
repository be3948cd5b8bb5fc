/** Connections that watch one video after another and never the same again, as fast as they are let. */
import { Requester } from "./requester.ts";

export class Wanderers {
  /** Answers by what they are: `result`, or the code of an error. */
  readonly answers: Map<string, number>;
  readonly #requesters: readonly Requester[];

  private constructor(requesters: readonly Requester[], answers: Map<string, number>) {
    this.#requesters = requesters;
    this.answers = answers;
  }

  static async open(url: string, count: number): Promise<Wanderers> {
    const answers = new Map<string, number>();
    const opening = Array.from({ length: count }, () => Requester.open(url, answers));
    return new Wanderers(await Promise.all(opening), answers);
  }

  /** Each of the videos is watched by one of them and left; each of them watches so many at a time. */
  async wander(videos: Iterator<string>, atOnce: number): Promise<void> {
    await Promise.all(this.#requesters.map((requester) => wander(requester, videos, atOnce)));
  }

  close(): void {
    for (const requester of this.#requesters) requester.close();
  }
}

async function wander(
  requester: Requester,
  videos: Iterator<string>,
  atOnce: number,
): Promise<void> {
  for (;;) {
    const watched: string[] = [];
    for (let count = 0; count < atOnce; count += 1) {
      const { done, value } = videos.next();
      if (done === true) break;
      watched.push(value);
    }
    if (watched.length === 0) return;
    for (const video of watched) requester.ask({ op: "subscribe", video });
    await requester.answered();
    for (const video of watched) requester.ask({ op: "unsubscribe", video });
    await requester.answered();
  }
}
