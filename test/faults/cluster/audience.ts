/** Viewers and commenters as in an application: each is an `ovation-client` of its own. */
import { expect } from "vitest";
import { Ovation, type OvationError, type OvationEvent, type Video } from "../../../sdk/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Waiter } from "../../support/waiter.ts";

/** Quick to reconnect, so that a test is short; the jitter is the default. */
const CLIENT = { reconnectFirstMs: 200, reconnectMaxMs: 2_000, heartbeatMs: 3_000 } as const;

/** @param patienceMs how long a silent gateway is waited for */
function clientOptions(token?: string, patienceMs = 2_000) {
  const patience = {
    heartbeatTimeoutMs: patienceMs,
    connectTimeoutMs: patienceMs,
    waitMs: 120_000,
  };
  return { ...CLIENT, ...patience, ...(token === undefined ? {} : { token }) };
}

interface ViewerOptions {
  /** How many past comments it asks for; the default covers those published while it subscribes. */
  readonly history?: number;
  readonly token?: string;
  /**
   * How long it waits for a silent gateway. A test that counts connections needs more than the
   * default: on a busy machine, two seconds pass now and then before this process reads.
   */
  readonly patienceMs?: number;
}

/** Longer than anything here may take. */
const BOUND_MS = 90_000;

/** Names the step that took too long. */
async function bounded(work: Promise<unknown>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${BOUND_MS} ms: ${what}`)), BOUND_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export class Viewer {
  readonly comments: OvationEvent[] = [];
  likes = 0;
  /** How often `onMissed` was called. */
  missed = 0;
  isConnected = false;
  /** The id of the gateway that it is connected to. */
  gateway: string | undefined;
  /** How often it was connected. */
  connections = 0;
  /** How often its connection became stale, and whether it is stale now. */
  staleNotices = 0;
  isStale = false;
  /** The longest that it was away, in milliseconds. */
  longestAwayMs = 0;
  /** The longest time without a frame since {@link measureSilence}, in milliseconds. */
  longestSilenceMs = 0;
  #lastFrameAt: number | undefined;
  readonly #ovation: Ovation;
  readonly #video: Video;
  readonly #waiter = new Waiter();
  #awaySince: number | undefined;

  constructor(urls: readonly string[], videoId: string, options: ViewerOptions = {}) {
    const { history = 100, token, patienceMs } = options;
    this.#ovation = new Ovation({ url: urls, ...clientOptions(token, patienceMs) });
    const video = this.#ovation.video(videoId, { history });
    this.#video = video;
    video.on("comment", (event) => this.comments.push(event));
    video.onFrame(({ counts }) => {
      this.likes += counts["like"] ?? 0;
      this.#recordFrame();
      this.#waiter.changed();
    });
    video.onMissed(() => {
      this.missed += 1;
      this.#waiter.changed();
    });
    this.#ovation.onState((state) => {
      const isConnected = state.name === "connected";
      if (!isConnected) this.#awaySince ??= performance.now();
      else if (!this.isConnected) this.#recordConnection();
      this.isConnected = isConnected;
      this.gateway = isConnected ? state.gateway : undefined;
      this.isStale = isConnected && state.isStale;
      if (this.isStale) this.staleNotices += 1;
      this.#waiter.changed();
    });
  }

  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  async connected(times = 1): Promise<void> {
    await this.until(() => this.connections >= times);
  }

  /** Resolves when the gateway has answered its subscription: only then is it sent likes. */
  async subscribed(): Promise<void> {
    await eventually(() => this.#video.position !== undefined, BOUND_MS);
  }

  async until(holds: () => boolean): Promise<void> {
    await bounded(this.#waiter.until(holds), `a viewer: ${holds}`);
  }

  /** Starts to measure how long it gets no frame. */
  measureSilence(): void {
    this.longestSilenceMs = 0;
    this.#lastFrameAt = performance.now();
  }

  close(): void {
    this.#ovation.close();
  }

  #recordFrame(): void {
    if (this.#lastFrameAt === undefined) return;
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.#lastFrameAt);
    this.#lastFrameAt = now;
  }

  #recordConnection(): void {
    this.connections += 1;
    if (this.#awaySince === undefined) return;
    if (this.connections > 1) {
      const away = performance.now() - this.#awaySince;
      this.longestAwayMs = Math.max(this.longestAwayMs, away);
    }
    this.#awaySince = undefined;
  }
}

/** Publishes comments one after the other, each once the last is stored. */
export class Commenter {
  /** Stored comments: id to seq. */
  readonly stored = new Map<string, number>();
  readonly errors: OvationError[] = [];
  readonly #ovation: Ovation;
  readonly #videoId: string;
  readonly #name: string;
  readonly #pauseMs: number;
  readonly #waiter = new Waiter();
  #isStopped = false;
  #loop: Promise<void> | undefined;

  /** @param more `pauseMs`: the pause before the next comment */
  constructor(
    urls: readonly string[],
    videoId: string,
    name: string,
    more: { readonly token?: string; readonly pauseMs?: number } = {},
  ) {
    const { token, pauseMs = 20 } = more;
    this.#ovation = new Ovation({ url: urls, ...clientOptions(token) });
    this.#videoId = videoId;
    this.#name = name;
    this.#pauseMs = pauseMs;
  }

  start(): void {
    this.#loop = this.#comment();
  }

  /** Resolves when this many more are stored than at the time of the call. */
  async goesOn(more = 10): Promise<void> {
    const target = this.stored.size + more;
    const what = `${target} comments stored`;
    await bounded(
      this.#waiter.until(() => this.stored.size >= target),
      what,
    );
  }

  /** Stops, and resolves when the last one was answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
    this.#ovation.close();
  }

  async #comment(): Promise<void> {
    const video = this.#ovation.video(this.#videoId);
    for (let number = 0; !this.#isStopped; number += 1) {
      try {
        const text = `${this.#name} ${number}`;
        const { eventId, seq } = await video.publish("comment", { text });
        this.stored.set(eventId, seq ?? 0);
        this.#waiter.changed();
      } catch (error) {
        this.errors.push(error as OvationError);
      }
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }
}

/** Publishes a like, and resolves when each viewer has received it. */
export async function likesFlow(
  urls: readonly string[],
  videoId: string,
  viewers: readonly Viewer[],
): Promise<void> {
  const ovation = new Ovation({ url: urls, ...clientOptions() });
  const expected = viewers.map(({ likes }) => likes + 1);
  await ovation.video(videoId).publish("like");
  await Promise.all(
    viewers.map((viewer, index) => viewer.until(() => viewer.likes >= (expected[index] ?? 0))),
  );
  ovation.close();
}

/** Each viewer has each stored comment once, in the order of their seqs. */
export async function expectAllComments(
  viewers: readonly Viewer[],
  commenters: readonly Commenter[],
): Promise<void> {
  const stored = new Map(commenters.flatMap((commenter) => [...commenter.stored]));
  const expected = [...stored].sort(([, one], [, other]) => one - other).map(([id]) => id);
  for (const viewer of viewers) {
    await viewer
      .until(() => viewer.comments.length >= expected.length)
      .catch((cause: unknown) => {
        const has = new Set(viewer.comments.map(({ id }) => id));
        const missing = expected.filter((id) => !has.has(id)).map((id) => stored.get(id));
        const text = `a viewer at ${viewer.gateway} lacks ${missing.length} of ${expected.length}: ${missing}`;
        throw new Error(`${text}; it was notified of ${viewer.missed} gaps`, { cause });
      });
    // A comment whose answer never arrived may still be stored.
    const shown = viewer.comments.map(({ id }) => id);
    expect(shown.filter((id) => stored.has(id))).toEqual(expected);
    expect(new Set(shown).size).toBe(shown.length);
    expect(viewer.missed).toBe(0);
  }
}
