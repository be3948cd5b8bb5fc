/** The simulated audience: as many guests as are asked for, who like and comment. */
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Audience } from "../contract.ts";
import { Likes } from "./likes.ts";
import { remark } from "./sample-comments.ts";
import { SimulatedViewer } from "./simulated-viewer.ts";

const TICK_MS = 25;
/** So that a thousand don't knock at once. */
const MOVED_PER_TICK = 10;
/** How often one of a few hundred has something to say. */
const COMMENTS_PER_VIEWER_AND_SECOND = 0.02;
const COMMENTS_PER_SECOND_LIMIT = 1.5;

interface CrowdOptions {
  /** Of a gateway, with `http:`. */
  readonly url: string;
  readonly video: string;
  /** The number of guests that are connected has changed. */
  readonly onAttendance: (connected: number) => void;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #guests: SimulatedViewer[] = [];
  readonly #likes: Likes;
  #wanted: Audience = { viewers: 0, likesPerSecond: 0 };
  #connected = 0;
  #told = 0;
  #nextGuest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#likes = new Likes({
      url: options.url,
      video: options.video,
      now: monotonicNow,
      likeFromGuest: () => this.#likeFromGuest(),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const guest of this.#guests.splice(0)) guest.leave();
  }

  set(audience: Audience): void {
    this.#wanted = audience;
    this.#likes.setRate(audience.likesPerSecond);
  }

  #tick(): void {
    this.#move();
    this.#likes.give();
    this.#comment();
    if (this.#told === this.#connected) return;
    this.#told = this.#connected;
    this.#options.onAttendance(this.#connected);
  }

  /** Guests come and go, a few at a time. */
  #move(): void {
    for (let moved = 0; moved < MOVED_PER_TICK; moved += 1) {
      const missing = this.#wanted.viewers - this.#guests.length;
      if (missing === 0) return;
      if (missing < 0) this.#guests.pop()?.leave();
      else this.#guests.push(this.#newGuest());
    }
  }

  #newGuest(): SimulatedViewer {
    const guest = new SimulatedViewer({
      url: this.#options.url.replace(/^http/, "ws"),
      video: this.#options.video,
      onChange: (change) => {
        this.#connected += change;
      },
    });
    guest.enter();
    return guest;
  }

  #comment(): void {
    const perSecond = Math.min(
      COMMENTS_PER_SECOND_LIMIT,
      this.#guests.length * COMMENTS_PER_VIEWER_AND_SECOND,
    );
    if (Math.random() < (perSecond * TICK_MS) / 1_000) {
      this.#nextConnected()?.publish("comment", remark());
    }
  }

  #likeFromGuest(): boolean {
    const guest = this.#nextConnected();
    guest?.publish("like");
    return guest !== undefined;
  }

  /** One after the other; undefined when nobody of the next few is connected. */
  #nextConnected(): SimulatedViewer | undefined {
    for (let tries = 0; tries < 5; tries += 1) {
      this.#nextGuest = (this.#nextGuest + 1) % Math.max(1, this.#guests.length);
      const guest = this.#guests[this.#nextGuest];
      if (guest?.isConnected === true) return guest;
    }
    return undefined;
  }
}
