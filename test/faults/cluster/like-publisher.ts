/** Publishes likes at a steady rate, as an application's backend does: over HTTP, to any gateway. */
import { setTimeout as wait } from "node:timers/promises";

const TICK_MS = 50;

export class LikePublisher {
  accepted = 0;
  refused = 0;
  readonly #urls: readonly string[];
  readonly #video: string;
  readonly #loop: Promise<void>;
  #isStopped = false;

  constructor(urls: readonly string[], video: string, perSecond: number) {
    this.#urls = urls;
    this.#video = video;
    this.#loop = this.#run((perSecond * TICK_MS) / 1_000);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #run(perTick: number): Promise<void> {
    for (let tick = 0; !this.#isStopped; tick += 1) {
      const startedAt = performance.now();
      await this.#like(this.#urls[tick % this.#urls.length] ?? "", Math.round(perTick));
      await wait(Math.max(0, TICK_MS - (performance.now() - startedAt)));
    }
  }

  async #like(url: string, count: number): Promise<void> {
    const likes = Array.from({ length: count }, () => ({ kind: "like" }));
    const isAccepted = await fetch(`${url}/v1/videos/${this.#video}/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(likes),
    }).then(
      ({ ok }) => ok,
      // The gateway is down.
      () => false,
    );
    if (isAccepted) this.accepted += count;
    else this.refused += count;
  }
}
