/**
 * Bounds how many messages a video's likes become. An event after a pause is sent at once. While
 * events come so fast that sending each at once would take many messages to gateways, they are
 * collected, and each gateway gets one message for all of them when the window ends. So what a
 * gateway gets does not grow with the number of gateways that publish, nor with that of likes.
 */
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import { CollectedEvents, SAMPLE } from "./collected-events.ts";

/**
 * Messages to gateways that a video may cause in one window before it is worth collecting: so many
 * cost less than the wait. One message to each gateway may always be sent; and a single gateway has
 * one request under way at a time, so its messages are few by themselves.
 */
export const FREE_MESSAGES = 4;
/** More are sent before the window ends: with repeat keys of 60 bytes, a quarter of a megabyte. */
const EVENTS_LIMIT = 4_000;

interface FanoutWindowOptions {
  /** How long events are collected, above 0. */
  readonly windowMs: number;
  readonly now: MonotonicClock;
  /**
   * Sends what was collected.
   * @returns how many messages that took
   * @throws why it can't be sent
   */
  readonly send: (video: string, collected: CollectedEvents) => number;
}

/** The present window of one video. */
interface VideoWindow {
  readonly beganAt: number;
  /** What was sent since it began. */
  messages: number;
  events: number;
  /** What is sent when it ends. From the first of them on, all wait, so that they keep their order. */
  collected: CollectedEvents | undefined;
}

/** A window of another video ends with one whose time is up if it has at most this share left. */
const TOGETHER_SHARE = 0.2;

export class FanoutWindow {
  readonly stats = {
    /** Windows that had events when they ended. */
    collected: 0,
  };
  readonly #options: FanoutWindowOptions;
  /** By video. All windows are as long, so those that began first are first, and end first. */
  readonly #windows = new Map<string, VideoWindow>();
  /** Ends all windows whose time is up, so that NATS gets their messages in one write. */
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: FanoutWindowOptions) {
    this.#options = options;
  }

  /** Videos of which something is remembered. */
  get size(): number {
    return this.#windows.size;
  }

  /**
   * Takes the events of one request: transient ones, and of class latest.
   * @param gateways how many gateways they go to
   * @returns a promise that they are sent; undefined if the caller should send them now
   */
  take(
    video: string,
    gateways: number,
    events: readonly FanoutEvent[],
    timing: RequestTiming,
  ): Promise<void> | undefined {
    const now = this.#options.now();
    const window = this.#present(video, now);
    const isFirst = window.events === 0 && window.collected === undefined;
    if (window.collected === undefined && events.length <= SAMPLE) {
      const messages = window.messages + gateways;
      const sum = window.events + events.length;
      const isCheap = gateways === 1 || messages <= FREE_MESSAGES;
      if (isFirst || (isCheap && sum <= SAMPLE)) {
        window.messages = messages;
        window.events = sum;
        return undefined;
      }
    }
    window.collected ??= new CollectedEvents(timing);
    const { collected } = window;
    collected.add(events, timing);
    if (isFirst || collected.size >= EVENTS_LIMIT) this.#end(video, window);
    else this.#endLater(window, now);
    return collected.sent;
  }

  /**
   * Adds an event of class latest to those that are collected.
   * @returns a promise that it is sent; undefined if nothing is collected of the video
   */
  join(video: string, event: FanoutEvent): Promise<void> | undefined {
    const collected = this.#windows.get(video)?.collected;
    collected?.addNewest(event);
    return collected?.sent;
  }

  /** Sends what is collected of a video, before something else of it is sent. */
  flush(video: string): void {
    const window = this.#windows.get(video);
    if (window !== undefined) this.#end(video, window);
  }

  /** Sends all that is collected. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const [video, window] of [...this.#windows]) this.#end(video, window);
    this.#windows.clear();
  }

  #present(video: string, now: number): VideoWindow {
    const known = this.#windows.get(video);
    // One that waits for its timer goes on until that has sent what it has.
    if (known?.collected !== undefined) return known;
    if (known !== undefined && now - known.beganAt < this.#options.windowMs) return known;
    this.#dropEnded(now);
    return this.#begin(video, now, 0, 0);
  }

  #begin(video: string, beganAt: number, messages: number, events: number): VideoWindow {
    const window = { beganAt, messages, events, collected: undefined };
    // Last, since it ends last.
    this.#windows.delete(video);
    this.#windows.set(video, window);
    return window;
  }

  /** Of any video, as long as there are some: so there are never many. */
  #dropEnded(now: number): void {
    for (const [video, { beganAt, collected }] of this.#windows) {
      if (collected !== undefined || now - beganAt < this.#options.windowMs) return;
      this.#windows.delete(video);
    }
  }

  #endLater({ beganAt }: VideoWindow, now: number): void {
    const endsAt = beganAt + this.#options.windowMs;
    if (this.#timerAt <= endsAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = endsAt;
    this.#timer = setTimeout(() => this.#endAll(), Math.max(1, Math.ceil(endsAt - now)));
  }

  #endAll(): void {
    const { windowMs, now } = this.#options;
    const began = now() - (1 - TOGETHER_SHARE) * windowMs;
    this.#timerAt = Number.POSITIVE_INFINITY;
    for (const [video, window] of [...this.#windows]) {
      if (window.collected === undefined) continue;
      if (window.beganAt <= began) this.#end(video, window);
      else return this.#endLater(window, now());
    }
  }

  /** Sends what the window has. It counts for the next window, which begins. */
  #end(video: string, window: VideoWindow): void {
    const { collected } = window;
    if (collected === undefined) return;
    this.stats.collected += 1;
    const next = this.#begin(video, this.#options.now(), 0, Math.min(SAMPLE, collected.size));
    try {
      next.messages = this.#options.send(video, collected);
      collected.resolve();
    } catch (fault) {
      collected.reject(fault);
    }
  }
}
