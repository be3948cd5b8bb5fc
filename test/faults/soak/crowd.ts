/** The audience of a soak: passers-by who come and go, and fans who like. */
import { Ovation } from "../../../sdk/index.ts";
import type { Chance } from "../../support/random.ts";
import { Viewer } from "../cluster/audience.ts";

const STAY_MS = { min: 1_000, max: 20_000 };
const LIKE_EVERY_MS = 20;
/** Enough that none comes near the like limit of one viewer. */
const FANS = 24;

/** The same URLs in a rotated order, so that each gateway is the first of some viewers. */
export function rotated(urls: readonly string[], by: number): string[] {
  const at = by % urls.length;
  return [...urls.slice(at), ...urls.slice(0, at)];
}

/** Passers-by in a fixed number of slots: when one leaves, another comes. */
export class PassersBy {
  arrived = 0;
  readonly #slots = new Map<number, { viewer: Viewer; timer: NodeJS.Timeout }>();
  readonly #options: PassersByOptions;

  constructor(options: PassersByOptions) {
    this.#options = options;
  }

  start(): void {
    for (let slot = 0; slot < this.#options.slots; slot += 1) this.#fill(slot);
  }

  stop(): void {
    for (const { viewer, timer } of this.#slots.values()) {
      clearTimeout(timer);
      viewer.close();
    }
    this.#slots.clear();
  }

  #fill(slot: number): void {
    const { urls, videos, chance } = this.#options;
    this.#slots.get(slot)?.viewer.close();
    const viewer = new Viewer(rotated(urls, slot), chance.of(videos));
    const timer = setTimeout(() => this.#fill(slot), chance.between(STAY_MS.min, STAY_MS.max));
    this.#slots.set(slot, { viewer, timer });
    this.arrived += 1;
  }
}

export interface PassersByOptions {
  readonly urls: readonly string[];
  readonly videos: readonly string[];
  readonly slots: number;
  readonly chance: Chance;
}

/** Publishes likes on the videos in turn, each with the time at which it was sent. */
export class Fans {
  sent = 0;
  accepted = 0;
  readonly #fans: readonly Ovation[];
  readonly #videos: readonly string[];
  #timer: NodeJS.Timeout | undefined;

  constructor(urls: readonly string[], videos: readonly string[]) {
    const options = { reconnectFirstMs: 200, reconnectMaxMs: 2_000 };
    this.#fans = Array.from(
      { length: FANS },
      (_, at) => new Ovation({ url: rotated(urls, at), ...options }),
    );
    this.#videos = videos;
  }

  start(): void {
    this.#timer = setInterval(() => this.#like(), LIKE_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const fan of this.#fans) fan.close();
  }

  #like(): void {
    const video = this.#videos[this.sent % this.#videos.length] ?? "";
    const fan = this.#fans[this.sent % FANS];
    this.sent += 1;
    const data = { sentAt: performance.now() };
    // A like that would have to wait is given up, so that only transit time is measured.
    fan
      ?.video(video)
      .publish("like", data, { whileAway: "fail", whenLimited: "fail" })
      .then(
        () => {
          this.accepted += 1;
        },
        // Likes may be refused while something is down.
        () => undefined,
      );
  }
}
