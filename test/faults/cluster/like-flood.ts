/** Publishes more and more likes on many videos, directly over NATS. */
import { setTimeout as wait } from "node:timers/promises";
import type { NatsConnection } from "nats";
import { publishSubject } from "../../../shared/protocol/subjects.ts";
import { encode } from "../../../shared/protocol/wire/codec.ts";

const TICK_MS = 20;

interface LikeFloodOptions {
  readonly videos: readonly string[];
  /** Requests a second over all videos, at first and at most. */
  readonly requestsPerSecond: number;
  readonly mostPerSecond: number;
  readonly likesPerRequest: number;
}

export class LikeFlood {
  /** Likes that were sent. */
  likes = 0;
  readonly #nats: NatsConnection;
  readonly #videos: readonly string[];
  readonly #likesPerRequest: number;
  readonly #loop: Promise<void>;
  readonly #mostPerSecond: number;
  #requestsPerSecond: number;
  #isOver = false;

  /** Starts at once. */
  constructor(nats: NatsConnection, options: LikeFloodOptions) {
    this.#nats = nats;
    this.#videos = options.videos;
    this.#likesPerRequest = options.likesPerRequest;
    this.#requestsPerSecond = options.requestsPerSecond;
    this.#mostPerSecond = options.mostPerSecond;
    this.#loop = this.#run();
  }

  get likesPerSecond(): number {
    return this.#requestsPerSecond * this.#likesPerRequest;
  }

  /** Multiplies the rate, up to `mostPerSecond`. */
  rise(times: number): void {
    this.#requestsPerSecond = Math.min(this.#mostPerSecond, times * this.#requestsPerSecond);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    const likes = Array.from({ length: this.#likesPerRequest }, () => ({ kind: "like" }));
    const payload = encode("msgpack", likes);
    let sent = 0;
    for (let at = performance.now(), target = 0; !this.#isOver; ) {
      const now = performance.now();
      target += ((now - at) / 1_000) * this.#requestsPerSecond;
      at = now;
      for (; sent < target; sent += 1) {
        this.#nats.publish(publishSubject(this.#videos[sent % this.#videos.length] ?? ""), payload);
        this.likes += this.#likesPerRequest;
      }
      // Waits for NATS, so that no backlog builds up in this process.
      await this.#nats.flush();
      await wait(TICK_MS);
    }
  }
}
