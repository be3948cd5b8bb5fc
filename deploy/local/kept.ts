/** Keeps one process alive: says when it dies, and brings it back, less and less often. */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../../shared/backoff.ts";
import type { Say } from "./say.ts";

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** A process that lived this long counts as healthy: its next death begins the backoff anew. */
const HEALTHY_MS = 60_000;
/** Longer than the drain of a role by default (10 s), which is to end by itself. */
const STOP_MS = 12_000;
/** How long the system may take to end a process that was killed. */
const KILLED_MS = 2_000;

/** One life of a process, from when it is ready. */
export interface Life {
  readonly pid: number;
  /** Resolves when the process is gone, with the reason in a few words. */
  readonly ended: Promise<string>;
  /** Asks it to stop. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

/**
 * Starts the process and resolves when it is ready. When it rejects or is aborted, it leaves no
 * process behind.
 */
export type Launch = (signal: AbortSignal) => Promise<Life>;

interface KeptOptions {
  readonly name: string;
  readonly launch: Launch;
  readonly say: Say;
  /** For tests, which can't wait for as long as people can. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number; readonly healthyMs: number };
}

export class Kept {
  readonly name: string;
  readonly #launch: Launch;
  readonly #say: Say;
  readonly #backoff: Backoff;
  readonly #healthyMs: number;
  readonly #stopping = new AbortController();
  #life: Life | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor({ name, launch, say, backoff }: KeptOptions) {
    this.name = name;
    this.#launch = launch;
    this.#say = say;
    // No jitter: there is nobody to stumble over, and the waits can be told in whole seconds.
    const { minMs, maxMs } = backoff ?? { minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS };
    this.#backoff = new Backoff(minMs, maxMs, () => 1);
    this.#healthyMs = backoff?.healthyMs ?? HEALTHY_MS;
  }

  /** The process of now; undefined while there is none. */
  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /**
   * Starts it for the first time, and keeps it from then on.
   * @throws when it does not become ready: there is nobody yet who would need it back
   */
  async start(): Promise<void> {
    const began = performance.now();
    const starting = this.#launch(this.#stopping.signal);
    this.#keeping = starting.then(
      (life) => this.#keep(life),
      () => undefined, // Told by the `await` below.
    );
    const { pid } = await starting.catch((cause: unknown) => {
      throw new Error(`${this.name} did not start: ${messageOf(cause)}`, { cause });
    });
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    this.#say.step(`${this.name} is ready after ${seconds} s (pid ${pid})`);
  }

  /** Stops it, with force if it takes too long, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#life?.stop();
    if (await this.#isGoneWithin(STOP_MS)) return;
    this.#say.step(`${this.name} did not stop within ${STOP_MS / 1_000} s and is killed`);
    this.#life?.kill();
    if (await this.#isGoneWithin(KILLED_MS)) return;
    this.#say.step(`${this.name} can't be killed (pid ${this.pid}) and is left alone`);
  }

  /** Ends it at once. `stop` still tells when it is gone. */
  kill(): void {
    this.#stopping.abort();
    this.#life?.kill();
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    const over = new AbortController();
    const timeUp = wait(ms, false, { signal: over.signal }).catch(() => false);
    const isGone = await Promise.race([this.#keeping.then(() => true), timeUp]);
    over.abort();
    return isGone;
  }

  /** Follows the process from life to life, until it is to stop. */
  async #keep(first: Life): Promise<void> {
    let life: Life | undefined = first;
    while (life !== undefined) {
      this.#life = life;
      if (life !== first) this.#say.step(`${this.name} is back (pid ${life.pid})`);
      // It became ready in the very moment in which it was no longer wanted.
      if (this.#stopping.signal.aborted) life.stop();
      const bornAt = performance.now();
      const reason = await life.ended;
      this.#life = undefined;
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - bornAt >= this.#healthyMs) this.#backoff.reset();
      life = await this.#revive(`died: ${reason}`);
    }
  }

  /** Tries until it is back; undefined when it is not wanted any more. */
  async #revive(what: string): Promise<Life | undefined> {
    const { signal } = this.#stopping;
    let news = what;
    for (;;) {
      const waitMs = this.#backoff.nextMs();
      this.#say.step(`${this.name} ${news}. It is started again in ${waitMs / 1_000} s`);
      try {
        await wait(waitMs, undefined, { signal });
        return await this.#launch(signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        news = `did not come back: ${messageOf(error)}`;
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
