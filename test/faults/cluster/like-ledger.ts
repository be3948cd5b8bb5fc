/**
 * Publishes likes every way there is and records each outcome, so that what was accepted can be
 * compared with what viewers received.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Ovation, OvationError } from "../../../sdk/index.ts";
import { eventually } from "../../support/eventually.ts";
import { TestSocket } from "../../support/viewer.ts";

export type Way = "HTTP" | "WebSocket" | "SDK";

export interface Attempt {
  readonly way: Way;
  readonly id: string;
  readonly startedAt: number;
  /** When it was answered, and how: `accepted` or an error code. */
  readonly endedAt: number;
  readonly outcome: string;
}

/** A viewer of one gateway. */
interface Observer {
  readonly ovation: Ovation;
  /** Whether a first comment has arrived. */
  isWatching: boolean;
  /** Ids of the likes that it received. */
  readonly shown: Set<string>;
  /** When its connection was last live again after it had been stale. */
  liveAt: number;
}

/** Between two likes sent the same way to the same gateway. */
const PAUSE_MS = 100;
const ACCEPTED = "accepted";

type Publish = (id: string) => Promise<{ readonly outcome: string; readonly id?: string }>;

export class LikeLedger {
  readonly attempts: Attempt[] = [];
  readonly #video: string;
  readonly #observers: readonly Observer[];
  readonly #closers: (() => void)[] = [];
  readonly #loops: Promise<void>[] = [];
  #isStopped = false;

  private constructor(urls: readonly string[], video: string) {
    this.#video = video;
    this.#observers = urls.map((url) => observe(url, video));
  }

  /**
   * Publishes each way at each gateway, ten likes a second, until stopped. Needs a commenter that is
   * already publishing.
   */
  static async start(urls: readonly string[], video: string): Promise<LikeLedger> {
    const ledger = new LikeLedger(urls, video);
    await eventually(() => ledger.#observers.every(({ isWatching }) => isWatching));
    for (const [index, url] of urls.entries()) {
      ledger.#run("HTTP", index, ledger.#byHttp(url));
      ledger.#run("WebSocket", index, await ledger.#bySocket(url));
      ledger.#run("SDK", index, ledger.#bySdk(url));
    }
    return ledger;
  }

  /** Stops, and resolves when the last like is answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  /** Likes sent after `from` and answered before `to`. */
  within(from: number, to: number): readonly Attempt[] {
    return this.attempts.filter(({ startedAt, endedAt }) => startedAt > from && endedAt < to);
  }

  get accepted(): readonly Attempt[] {
    return this.attempts.filter(({ outcome }) => outcome === ACCEPTED);
  }

  /** How many likes the viewer at each gateway received. */
  get shown(): readonly number[] {
    return this.#observers.map(({ shown }) => shown.size);
  }

  /**
   * Accepted likes that the viewer at some gateway did not receive, except those in flight between
   * `from` and the time when that viewer's connection was live again.
   */
  missing(from: number): readonly Attempt[] {
    return this.#observers.flatMap(({ shown, liveAt }) =>
      this.accepted.filter(
        ({ id, startedAt, endedAt }) => !shown.has(id) && (endedAt < from || startedAt > liveAt),
      ),
    );
  }

  close(): void {
    this.#isStopped = true;
    for (const { ovation } of this.#observers) ovation.close();
    for (const close of this.#closers.splice(0)) close();
  }

  #run(way: Way, index: number, publish: Publish): void {
    const loop = async () => {
      for (let number = 0; !this.#isStopped; number += 1) {
        const startedAt = performance.now();
        const requestedId = `${way}-${index}-${number}`;
        const { outcome, id = requestedId } = await publish(requestedId);
        this.attempts.push({ way, id, startedAt, endedAt: performance.now(), outcome });
        await wait(PAUSE_MS);
      }
    };
    this.#loops.push(loop());
  }

  #byHttp(url: string): Publish {
    return async (id) => {
      const response = await fetch(`${url}/v1/videos/${this.#video}/events`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ kind: "like", id }),
      });
      const body = (await response.json()) as { error?: { code: string } };
      return { outcome: body.error?.code ?? ACCEPTED };
    };
  }

  async #bySocket(url: string): Promise<Publish> {
    const socket = await TestSocket.connect(url);
    this.#closers.push(() => socket.socket.terminate());
    const closed = socket.untilClosed().then(() => ({ op: "error", code: "closed" }));
    return async (eventId) => {
      const asked = socket.ask("publish", { video: this.#video, kind: "like", eventId });
      const { op, code } = await Promise.race([asked, closed]);
      return { outcome: op === "result" ? ACCEPTED : String(code) };
    };
  }

  /** The client retries refused likes for a while, so its answer arrives when NATS is back. */
  #bySdk(url: string): Publish {
    const ovation = new Ovation({ url, waitMs: 60_000 });
    this.#closers.push(() => ovation.close());
    return async () => {
      try {
        const { eventId } = await ovation.video(this.#video).publish("like");
        return { outcome: ACCEPTED, id: eventId };
      } catch (error) {
        return { outcome: error instanceof OvationError ? error.code : String(error) };
      }
    };
  }
}

function observe(url: string, videoId: string): Observer {
  const ovation = new Ovation({ url });
  const seen: Observer = { ovation, isWatching: false, shown: new Set(), liveAt: 0 };
  let isStale = false;
  const video = ovation.video(videoId);
  video.on("like", ({ id }) => seen.shown.add(id));
  video.on("comment", () => {
    seen.isWatching = true;
  });
  ovation.onState((state) => {
    const wasStale = isStale;
    isStale = state.name === "connected" && state.isStale;
    if (wasStale && !isStale) seen.liveAt = performance.now();
  });
  return seen;
}
