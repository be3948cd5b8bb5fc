/**
 * Likes by every way that there is, each with what became of it: so that what was accepted can be
 * held against what a viewer was given.
 */
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { Ovation, OvationError } from "../../../sdk/index.ts";

export type Way = "HTTP" | "WebSocket" | "SDK";

export interface Attempt {
  readonly way: Way;
  readonly id: string;
  readonly begunAt: number;
  /** When it was answered, and how: `accepted`, or the code of an error. */
  readonly endedAt: number;
  readonly outcome: string;
}

/** Between two likes of the same way to the same gateway. */
const PAUSE_MS = 100;
const ACCEPTED = "accepted";

type Publish = (id: string) => Promise<{ readonly outcome: string; readonly id?: string }>;

export class LikeLedger {
  readonly attempts: Attempt[] = [];
  /** Likes by their ids, as a viewer was shown them. */
  readonly shown = new Set<string>();
  readonly #video: string;
  readonly #viewer: Ovation;
  readonly #closers: (() => void)[] = [];
  readonly #loops: Promise<void>[] = [];
  #isStopped = false;

  private constructor(urls: readonly string[], video: string) {
    this.#video = video;
    this.#viewer = new Ovation({ url: urls });
    this.#viewer.video(video).on("like", ({ id }) => this.shown.add(id));
  }

  /** Likes by each way at each gateway, ten a second, until it is stopped. */
  static async start(urls: readonly string[], video: string): Promise<LikeLedger> {
    const ledger = new LikeLedger(urls, video);
    const watching = new Promise<void>((resolve) => {
      ledger.#viewer.onState(({ name }) => name === "connected" && resolve());
    });
    ledger.#viewer.connect();
    await watching;
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

  get accepted(): readonly string[] {
    return this.attempts.filter(({ outcome }) => outcome === ACCEPTED).map(({ id }) => id);
  }

  /** Accepted, and not shown. */
  get missing(): readonly string[] {
    return this.accepted.filter((id) => !this.shown.has(id));
  }

  close(): void {
    this.#isStopped = true;
    this.#viewer.close();
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
