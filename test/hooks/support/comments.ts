/** Publishes comments at a steady rate, on several videos at once. */
import { setTimeout as wait } from "node:timers/promises";
import { post } from "../../support/viewer.ts";

const EVERY_MS = 100;

export class Comments {
  /** By video, those that were acknowledged, in order. */
  readonly published = new Map<string, string[]>();
  readonly #port: number;
  readonly #videos: readonly string[];
  readonly #perSecond: number;
  #isStopped = false;
  #loops: Promise<unknown> | undefined;
  #count = 0;

  /** @param perSecond on all videos together */
  constructor(port: number, videos: readonly string[], perSecond: number) {
    this.#port = port;
    this.#videos = videos;
    this.#perSecond = perSecond;
  }

  get total(): number {
    return [...this.published.values()].reduce((sum, ids) => sum + ids.length, 0);
  }

  start(): void {
    this.#loops = Promise.all(this.#videos.map((video) => this.#loop(video)));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loops;
  }

  async #loop(video: string): Promise<void> {
    const ids: string[] = [];
    this.published.set(video, ids);
    const size = Math.max(
      1,
      Math.round((this.#perSecond * EVERY_MS) / 1_000 / this.#videos.length),
    );
    const start = performance.now();
    for (let round = 1; !this.#isStopped; round += 1) {
      const events = Array.from({ length: size }, () => {
        this.#count += 1;
        return {
          kind: "comment",
          id: `c-${this.#count}`,
          actor: "anna",
          data: { text: "hello there" },
        };
      });
      const { status } = await post(this.#port, video, events);
      if (status === 200) ids.push(...events.map(({ id }) => id));
      await wait(Math.max(0, start + round * EVERY_MS - performance.now()));
    }
  }
}
