/** Who watches during a soak: witnesses who stay, passers-by who come and go, and those who like. */
import { Ovation } from "../../../sdk/index.ts";
import type { Chance } from "../../support/random.ts";
import { Viewer } from "../world/audience.ts";

const STAY_MS = { min: 1_000, max: 20_000 };
const LIKE_EVERY_MS = 20;
/** So many that none comes near the limit of likes that one viewer may give. */
const FANS = 24;

/** The same addresses from another one on, so that each gateway is the first one of some. */
export function turned(urls: readonly string[], by: number): string[] {
  const at = by % urls.length;
  return [...urls.slice(at), ...urls.slice(0, at)];
}

/** Passers-by: as many as there are places; when one goes, another comes. */
export class PassersBy {
  came = 0;
  readonly #places = new Map<number, { viewer: Viewer; timer: NodeJS.Timeout }>();
  readonly #options: PassersByOptions;

  constructor(options: PassersByOptions) {
    this.#options = options;
  }

  start(): void {
    for (let place = 0; place < this.#options.places; place += 1) this.#fill(place);
  }

  stop(): void {
    for (const { viewer, timer } of this.#places.values()) {
      clearTimeout(timer);
      viewer.close();
    }
    this.#places.clear();
  }

  #fill(place: number): void {
    const { urls, videos, chance } = this.#options;
    this.#places.get(place)?.viewer.close();
    const viewer = new Viewer(turned(urls, place), chance.of(videos));
    const timer = setTimeout(() => this.#fill(place), chance.between(STAY_MS.min, STAY_MS.max));
    this.#places.set(place, { viewer, timer });
    this.came += 1;
  }
}

export interface PassersByOptions {
  readonly urls: readonly string[];
  readonly videos: readonly string[];
  readonly places: number;
  readonly chance: Chance;
}

/** Likes by turns on each video, each with the moment at which it was sent. */
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
      (_, at) => new Ovation({ url: turned(urls, at), ...options }),
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
    // Late by nothing but its way: what has to wait is given up.
    fan
      ?.video(video)
      .publish("like", data, { whileAway: "fail", whenLimited: "fail" })
      .then(
        () => {
          this.accepted += 1;
        },
        // Likes may be refused while something is away.
        () => undefined,
      );
  }
}
