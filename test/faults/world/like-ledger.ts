/**
 * Likes by every way that there is, each with what became of it: so that what was accepted can be
 * held against what a viewer was given.
 */
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { Ovation, OvationError } from "../../../sdk/index.ts";
import { eventually } from "../../support/eventually.ts";

export type Way = "HTTP" | "WebSocket" | "SDK";

export interface Attempt {
  readonly way: Way;
  readonly id: string;
  readonly begunAt: number;
  /** When it was answered, and how: `accepted`, or the code of an error. */
  readonly endedAt: number;
  readonly outcome: string;
}

/** A viewer of one gateway. */
interface Witness {
  readonly ovation: Ovation;
  /** Whether a first comment has come. */
  isWatching: boolean;
  /** Likes by their ids, as it was shown them. */
  readonly shown: Set<string>;
  /** When it was last told that what it sees is live, after it had been told that it was stale. */
  liveAt: number;
}

/** Between two likes of the same way to the same gateway. */
const PAUSE_MS = 100;
const ACCEPTED = "accepted";

type Publish = (id: string) => Promise<{ readonly outcome: string; readonly id?: string }>;

export class LikeLedger {
  readonly attempts: Attempt[] = [];
  readonly #video: string;
  readonly #witnesses: readonly Witness[];
  readonly #closers: (() => void)[] = [];
  readonly #loops: Promise<void>[] = [];
  #isStopped = false;

  private constructor(urls: readonly string[], video: string) {
    this.#video = video;
    this.#witnesses = urls.map((url) => witness(url, video));
  }

  /** Likes by each way at each gateway, ten a second, until it is stopped; somebody comments already. */
  static async start(urls: readonly string[], video: string): Promise<LikeLedger> {
    const ledger = new LikeLedger(urls, video);
    await eventually(() => ledger.#witnesses.every(({ isWatching }) => isWatching));
    for (const [index, url] of urls.entries()) {
      ledger.#run("HTTP", index, ledger.#byHttp(url));
      ledger.#run("WebSocket", index, await ledger.#bySocket(url));
      ledger.#run("SDK", index, ledger.#bySdk(url));
    }
    return ledger;
  }

  /** Stops, and resolves when the last one was answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  /** Those that were begun after one moment and answered before another. */
  within(from: number, to: number): readonly Attempt[] {
    return this.attempts.filter(({ begunAt, endedAt }) => begunAt > from && endedAt < to);
  }

  get accepted(): readonly Attempt[] {
    return this.attempts.filter(({ outcome }) => outcome === ACCEPTED);
  }

  /** How many likes the viewer of each gateway was shown. */
  get shown(): readonly number[] {
    return this.#witnesses.map(({ shown }) => shown.size);
  }

  /**
   * Likes that were accepted and not shown to the viewer of some gateway, beside those that were
   * under way between a moment and when that viewer was told that what it sees is live again.
   */
  missing(from: number): readonly Attempt[] {
    return this.#witnesses.flatMap(({ shown, liveAt }) =>
      this.accepted.filter(
        ({ id, begunAt, endedAt }) => !shown.has(id) && (endedAt < from || begunAt > liveAt),
      ),
    );
  }

  close(): void {
    this.#isStopped = true;
    for (const { ovation } of this.#witnesses) ovation.close();
    for (const close of this.#closers.splice(0)) close();
  }

  #run(way: Way, index: number, publish: Publish): void {
    const loop = async () => {
      for (let number = 0; !this.#isStopped; number += 1) {
        const begunAt = performance.now();
        const asked = `${way}-${index}-${number}`;
        const { outcome, id = asked } = await publish(asked);
        this.attempts.push({ way, id, begunAt, endedAt: performance.now(), outcome });
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
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/connect`, "ovation.v1.json");
    this.#closers.push(() => socket.terminate());
    await once(socket, "open");
    let lastId = 0;
    const answers = new Map<number, (outcome: string) => void>();
    socket.on("message", (data) => {
      const { op, id, code } = JSON.parse(String(data));
      if (op === "result") answers.get(id)?.(ACCEPTED);
      if (op === "error") answers.get(id)?.(code);
    });
    socket.on("close", () => {
      for (const answer of answers.values()) answer("closed");
    });
    const ask = async (fields: object) => {
      lastId += 1;
      const id = lastId;
      const answer = new Promise<string>((resolve) => answers.set(id, resolve));
      socket.send(JSON.stringify({ ...fields, id }));
      const outcome = await answer;
      answers.delete(id);
      return outcome;
    };
    await ask({ op: "connect" });
    return async (eventId) => ({
      outcome: await ask({ op: "publish", video: this.#video, kind: "like", eventId }),
    });
  }

  /** The client repeats what was refused for a while, so its answer comes when NATS is back. */
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

function witness(url: string, videoId: string): Witness {
  const ovation = new Ovation({ url });
  const seen: Witness = { ovation, isWatching: false, shown: new Set(), liveAt: 0 };
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
