/** An SDK client for the guarantee tests: see test/support/ordered-publisher.ts. */
import { Ovation, type Published } from "../../../sdk/index.ts";
import type { OrderedPublisher } from "../../support/ordered-publisher.ts";

/** An SDK client that publishes comments on one video without waiting for answers. */
export class SdkPublisher implements OrderedPublisher {
  readonly #ovation: Ovation;
  readonly #video: string;
  readonly #published: Promise<Published>[] = [];

  /** @param ports of the gateways that it may use, in order of preference */
  constructor(ports: readonly number[], video: string) {
    this.#ovation = new Ovation({
      url: ports.map((port) => `http://127.0.0.1:${port}`),
      reconnectFirstMs: 50,
      reconnectMaxMs: 200,
      waitMs: 60_000,
    });
    this.#video = video;
  }

  publish(count: number): void {
    const video = this.#ovation.video(this.#video);
    for (let more = count; more > 0; more -= 1) this.#published.push(video.publish("comment"));
  }

  async accepted(count: number): Promise<void> {
    await Promise.all(this.#published.slice(0, count));
  }

  async end(): Promise<string[]> {
    const published = await Promise.all(this.#published);
    this.#ovation.close();
    return published.map(({ eventId }) => eventId);
  }
}
