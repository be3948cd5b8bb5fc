/** The simulated audience: the requested number of viewers, who like, react, comment and vote. */
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { REACTION_KIND } from "../contract.ts";
import { Likes } from "./likes.ts";
import type { CrowdMessage } from "./messages.ts";
import { choiceIn, moodAt } from "./moods.ts";
import { sampleComment } from "./sample-comments.ts";
import { SimulatedViewer } from "./simulated-viewer.ts";

const TICK_MS = 25;
/** So that a thousand viewers don't connect at once. */
const MOVED_PER_TICK = 10;
/** How often each of a few hundred viewers comments. */
const COMMENTS_PER_VIEWER_AND_SECOND = 0.02;
const COMMENTS_PER_SECOND_LIMIT = 1.5;
/** For each like. */
const REACTIONS_PER_LIKE = 0.08;
const REACTIONS_PER_SECOND_LIMIT = 12;
/** How often each viewer votes, or considers to change its vote. */
const VOTES_PER_VIEWER_AND_SECOND = 0.06;
const VOTES_PER_SECOND_LIMIT = 10;

interface CrowdOptions {
  /** URL of a gateway, with `http:`. */
  readonly url: string;
  readonly video: string;
  /** A backend's: it publishes in the name of each viewer. */
  readonly token: string | undefined;
  /** Called when the number of connected viewers changes. */
  readonly onAttendance: (connected: number) => void;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #viewers: SimulatedViewer[] = [];
  readonly #likes: Likes;
  #wanted: CrowdMessage = { viewers: 0, likesPerSecond: 0 };
  #connected = 0;
  #reported = 0;
  #nextIndex = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#likes = new Likes({
      url: options.url,
      video: options.video,
      token: options.token,
      now: monotonicNow,
      likeFromViewer: () => this.#likeFromViewer(),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const viewer of this.#viewers.splice(0)) viewer.leave();
  }

  set(wanted: CrowdMessage): void {
    this.#wanted = wanted;
    this.#likes.setRate(wanted.likesPerSecond);
  }

  #tick(): void {
    this.#move();
    this.#likes.publish();
    this.#comment();
    this.#react();
    this.#vote();
    if (this.#reported === this.#connected) return;
    this.#reported = this.#connected;
    this.#options.onAttendance(this.#connected);
  }

  /** Adds or removes a few viewers. */
  #move(): void {
    for (let moved = 0; moved < MOVED_PER_TICK; moved += 1) {
      const missing = this.#wanted.viewers - this.#viewers.length;
      if (missing === 0) return;
      if (missing < 0) this.#viewers.pop()?.leave();
      else this.#viewers.push(this.#newViewer());
    }
  }

  #newViewer(): SimulatedViewer {
    const viewer = new SimulatedViewer({
      url: this.#options.url.replace(/^http/, "ws"),
      video: this.#options.video,
      token: this.#options.token,
      onChange: (change) => {
        this.#connected += change;
      },
    });
    viewer.enter();
    return viewer;
  }

  #comment(): void {
    const perSecond = Math.min(
      COMMENTS_PER_SECOND_LIMIT,
      this.#viewers.length * COMMENTS_PER_VIEWER_AND_SECOND,
    );
    if (isTime(perSecond)) this.#nextConnected()?.comment(sampleComment());
  }

  #react(): void {
    const perSecond = this.#wanted.likesPerSecond * REACTIONS_PER_LIKE;
    if (!isTime(Math.min(REACTIONS_PER_SECOND_LIMIT, perSecond))) return;
    const variant = moodAt(Date.now(), Math.random());
    this.#nextConnected()?.publish(REACTION_KIND, { variant });
  }

  #vote(): void {
    const { poll } = this.#wanted;
    const perSecond = this.#viewers.length * VOTES_PER_VIEWER_AND_SECOND;
    if (poll === undefined || !isTime(Math.min(VOTES_PER_SECOND_LIMIT, perSecond))) return;
    this.#nextConnected()?.vote(poll.name, choiceIn(poll, Math.random()));
  }

  #likeFromViewer(): boolean {
    const viewer = this.#nextConnected();
    viewer?.publish("like");
    return viewer !== undefined;
  }

  /** The next connected viewer in turn; undefined when none of the next few is connected. */
  #nextConnected(): SimulatedViewer | undefined {
    for (let tries = 0; tries < 5; tries += 1) {
      this.#nextIndex = (this.#nextIndex + 1) % Math.max(1, this.#viewers.length);
      const viewer = this.#viewers[this.#nextIndex];
      if (viewer?.isConnected === true) return viewer;
    }
    return undefined;
  }
}

/** True in so many ticks of a second, at random. */
function isTime(perSecond: number): boolean {
  return Math.random() < (perSecond * TICK_MS) / 1_000;
}
