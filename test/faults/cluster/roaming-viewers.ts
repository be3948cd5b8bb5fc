/** Connections that watch one video after another, never the same twice, as fast as they are allowed. */
import { Requester } from "./requester.ts";

export class RoamingViewers {
  /** How often each answer came: `result` or an error code. */
  readonly answers: Map<string, number>;
  readonly #requesters: readonly Requester[];

  private constructor(requesters: readonly Requester[], answers: Map<string, number>) {
    this.#requesters = requesters;
    this.answers = answers;
  }

  static async open(url: string, count: number): Promise<RoamingViewers> {
    const answers = new Map<string, number>();
    const opening = Array.from({ length: count }, () => Requester.open(url, answers));
    return new RoamingViewers(await Promise.all(opening), answers);
  }

  /** One connection watches each video and leaves it; each connection watches `atOnce` at a time. */
  async roam(videos: Iterator<string>, atOnce: number): Promise<void> {
    await Promise.all(this.#requesters.map((requester) => roam(requester, videos, atOnce)));
  }

  close(): void {
    for (const requester of this.#requesters) requester.close();
  }
}

async function roam(requester: Requester, videos: Iterator<string>, atOnce: number): Promise<void> {
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
