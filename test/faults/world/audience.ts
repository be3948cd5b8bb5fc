/** Viewers and commenters as applications have them: each is an `ovation-client` of its own. */
import { expect } from "vitest";
import { Ovation, type OvationError, type OvationEvent } from "../../../sdk/index.ts";
import { Waiter } from "../../support/waiter.ts";

/** Quick to come back, so that a story is short; the jitter is as ever. */
const CLIENT = { reconnectFirstMs: 200, reconnectMaxMs: 2_000, heartbeatMs: 3_000 } as const;
const HEARTBEAT = { heartbeatTimeoutMs: 2_000, connectTimeoutMs: 2_000, waitMs: 120_000 } as const;

function tokenOption(token: string | undefined): { readonly token?: string } {
  return token === undefined ? {} : { token };
}

/** Longer than anything here may take. */
const BOUND_MS = 90_000;

/** So that a story that goes wrong says where. */
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
  /** What it was told to have missed. */
  missed = 0;
  isConnected = false;
  /** The gateway that it is connected to, by its id. */
  gateway: string | undefined;
  /** Times when it was connected. */
  connections = 0;
  /** Times when it was told that nothing new comes, and whether that is so now. */
  staleNotices = 0;
  isStale = false;
  /** The longest that it was away, in milliseconds. */
  longestAwayMs = 0;
  /** The longest that nothing was shown to it, in milliseconds, since {@link listen}. */
  longestSilenceMs = 0;
  #heardAt: number | undefined;
  readonly #ovation: Ovation;
  readonly #waiter = new Waiter();
  #awaySince: number | undefined;

  /**
   * @param history how many comments of the past it wants: by default those that came while its
   * subscription was on its way
   */
  constructor(urls: readonly string[], videoId: string, history = 100, token?: string) {
    this.#ovation = new Ovation({ url: urls, ...tokenOption(token), ...CLIENT, ...HEARTBEAT });
    const video = this.#ovation.video(videoId, { history });
    video.on("comment", (event) => this.comments.push(event));
    video.onFrame(({ counts }) => {
      this.likes += counts["like"] ?? 0;
      this.#heard();
      this.#waiter.changed();
    });
    video.onMissed(() => {
      this.missed += 1;
      this.#waiter.changed();
    });
    this.#ovation.onState((state) => {
      const isConnected = state.name === "connected";
      if (!isConnected) this.#awaySince ??= performance.now();
      else if (!this.isConnected) this.#came();
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

  async until(holds: () => boolean): Promise<void> {
    await bounded(this.#waiter.until(holds), `a viewer: ${holds}`);
  }

  /** From now on it is looked at how long nothing is shown to it. */
  listen(): void {
    this.longestSilenceMs = 0;
    this.#heardAt = performance.now();
  }

  close(): void {
    this.#ovation.close();
  }

  #heard(): void {
    if (this.#heardAt === undefined) return;
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.#heardAt);
    this.#heardAt = now;
  }

  #came(): void {
    this.connections += 1;
    if (this.#awaySince === undefined) return;
    if (this.connections > 1) {
      const away = performance.now() - this.#awaySince;
      this.longestAwayMs = Math.max(this.longestAwayMs, away);
    }
    this.#awaySince = undefined;
  }
}

/** Comments one after the other, each until it is stored, while a story goes on. */
export class Commenter {
  /** Stored comments: id to place. */
  readonly stored = new Map<string, number>();
  readonly errors: OvationError[] = [];
  readonly #ovation: Ovation;
  readonly #videoId: string;
  readonly #name: string;
  readonly #pauseMs: number;
  readonly #waiter = new Waiter();
  #isStopped = false;
  #loop: Promise<void> | undefined;

  /** @param more `pauseMs`: how long it thinks before the next one */
  constructor(
    urls: readonly string[],
    videoId: string,
    name: string,
    more: { readonly token?: string; readonly pauseMs?: number } = {},
  ) {
    const { token, pauseMs = 20 } = more;
    this.#ovation = new Ovation({ url: urls, ...tokenOption(token), ...CLIENT, ...HEARTBEAT });
    this.#videoId = videoId;
    this.#name = name;
    this.#pauseMs = pauseMs;
  }

  start(): void {
    this.#loop = this.#comment();
  }

  /** Resolves when so many more are stored than when it was called. */
  async goesOn(more = 10): Promise<void> {
    const due = this.stored.size + more;
    const said = `${due} comments stored`;
    await bounded(
      this.#waiter.until(() => this.stored.size >= due),
      said,
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

/** Publishes a like, and resolves when each viewer was given it. */
export async function likesFlow(
  urls: readonly string[],
  videoId: string,
  viewers: readonly Viewer[],
): Promise<void> {
  const ovation = new Ovation({ url: urls, ...CLIENT, ...HEARTBEAT });
  const due = viewers.map(({ likes }) => likes + 1);
  await ovation.video(videoId).publish("like");
  await Promise.all(
    viewers.map((viewer, index) => viewer.until(() => viewer.likes >= (due[index] ?? 0))),
  );
  ovation.close();
}

/** Each viewer has each stored comment, once, all in the one order of their places. */
export async function expectAllComments(
  viewers: readonly Viewer[],
  commenters: readonly Commenter[],
): Promise<void> {
  const stored = new Map(commenters.flatMap((commenter) => [...commenter.stored]));
  const due = [...stored].sort(([, one], [, other]) => one - other).map(([id]) => id);
  for (const viewer of viewers) {
    await viewer
      .until(() => viewer.comments.length >= due.length)
      .catch((cause: unknown) => {
        const has = new Set(viewer.comments.map(({ id }) => id));
        const lacks = due.filter((id) => !has.has(id)).map((id) => stored.get(id));
        const text = `a viewer at ${viewer.gateway} lacks ${lacks.length} of ${due.length}: ${lacks}`;
        throw new Error(`${text}; it was told of ${viewer.missed} gaps`, { cause });
      });
    // One whose answer never came may be stored all the same.
    const shown = viewer.comments.map(({ id }) => id);
    expect(shown.filter((id) => stored.has(id))).toEqual(due);
    expect(new Set(shown).size).toBe(shown.length);
    expect(viewer.missed).toBe(0);
  }
}
