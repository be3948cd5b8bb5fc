/** Keeps one process running: reports when it ends, and restarts it after growing delays. */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../shared/lib/backoff.ts";
import type { Say } from "./say.ts";

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** A process that ran this long counts as healthy: its next end resets the backoff. */
const HEALTHY_MS = 60_000;
/** Longer than a role's default drain (10 s), which should end by itself. */
const STOP_MS = 12_000;
/** How long the system may take to end a process that was killed. */
const KILLED_MS = 2_000;

/** One run of a process, from when it is ready. */
export interface ProcessRun {
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
export type Launch = (signal: AbortSignal) => Promise<ProcessRun>;

/** The state of a managed process. */
export type Condition =
  | { readonly name: "starting" }
  | { readonly name: "running"; readonly pid: number }
  /** It ended or was killed. It starts at `backAtMs` (milliseconds since 1970), or on `restart`. */
  | { readonly name: "down"; readonly backAtMs: number }
  | { readonly name: "stopped" };

interface ManagedProcessOptions {
  readonly name: string;
  readonly launch: Launch;
  readonly say: Say;
  /** Called on every change of the condition. */
  readonly onChange?: () => void;
  /** For tests, which can't wait that long. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number; readonly healthyMs: number };
}

export class ManagedProcess {
  readonly name: string;
  readonly #launch: Launch;
  readonly #say: Say;
  readonly #backoff: Backoff;
  readonly #healthyMs: number;
  readonly #onChange: () => void;
  readonly #stopping = new AbortController();
  #condition: Condition = { name: "stopped" };
  #run: ProcessRun | undefined;
  #supervising: Promise<void> = Promise.resolve();
  /** How long the process that `killFor` has just killed should stay down. */
  #downMs: number | undefined;
  #endPause: (() => void) | undefined;

  constructor({ name, launch, say, onChange = () => undefined, backoff }: ManagedProcessOptions) {
    this.name = name;
    this.#launch = launch;
    this.#say = say;
    this.#onChange = onChange;
    // No jitter: nothing else restarts at the same time, and waits are shown in whole seconds.
    const { minMs, maxMs } = backoff ?? { minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS };
    this.#backoff = new Backoff(minMs, maxMs, () => 1);
    this.#healthyMs = backoff?.healthyMs ?? HEALTHY_MS;
  }

  /** The current process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  get condition(): Condition {
    return this.#condition;
  }

  /**
   * Kills the process, as a crash would, and leaves it down for that long, or until `restart`.
   * False when there is none to kill.
   */
  killFor(downMs: number): boolean {
    if (this.#run === undefined || this.#stopping.signal.aborted) return false;
    this.#downMs = downMs;
    this.#run.kill();
    return true;
  }

  /** Starts the process at once if it is down. False when it isn't. */
  restart(): boolean {
    if (this.#endPause === undefined) return false;
    this.#endPause();
    return true;
  }

  /**
   * Starts it for the first time, and keeps it running from then on.
   * @throws when it does not become ready; a first start is not retried
   */
  async start(): Promise<void> {
    const began = performance.now();
    this.#enter({ name: "starting" });
    const starting = this.#launch(this.#stopping.signal);
    this.#supervising = starting.then(
      (run) => this.#supervise(run),
      () => this.#enter({ name: "stopped" }), // Reported by the `await` below.
    );
    const { pid } = await starting.catch((cause: unknown) => {
      throw new Error(`${this.name} did not start: ${messageOf(cause)}`, { cause });
    });
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    this.#say.step(`${this.name} is ready after ${seconds} s (pid ${pid})`);
  }

  /** Stops it, by force if that takes too long, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#run?.stop();
    if (await this.#isGoneWithin(STOP_MS)) return;
    this.#say.step(`${this.name} did not stop within ${STOP_MS / 1_000} s and is killed`);
    this.#run?.kill();
    if (await this.#isGoneWithin(KILLED_MS)) return;
    this.#say.step(`${this.name} can't be killed (pid ${this.pid}) and is left alone`);
  }

  /** Ends it at once. `stop` resolves when it is gone. */
  kill(): void {
    this.#stopping.abort();
    this.#run?.kill();
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    const over = new AbortController();
    const timeUp = wait(ms, false, { signal: over.signal }).catch(() => false);
    const isGone = await Promise.race([this.#supervising.then(() => true), timeUp]);
    over.abort();
    return isGone;
  }

  /** Watches the process and restarts it, until it is stopped. */
  async #supervise(first: ProcessRun): Promise<void> {
    let run: ProcessRun | undefined = first;
    while (run !== undefined) {
      this.#run = run;
      if (run !== first) this.#say.step(`${this.name} is back (pid ${run.pid})`);
      this.#enter({ name: "running", pid: run.pid });
      // It was stopped at the very moment in which it became ready.
      if (this.#stopping.signal.aborted) run.stop();
      const startedAt = performance.now();
      const reason = await run.ended;
      this.#run = undefined;
      const downMs = this.#downMs;
      this.#downMs = undefined;
      if (this.#stopping.signal.aborted) break;
      if (performance.now() - startedAt >= this.#healthyMs) this.#backoff.reset();
      run = await this.#restartUntilReady(reason, downMs);
    }
    this.#enter({ name: "stopped" });
  }

  /**
   * Tries until it is ready again; undefined when it is being stopped.
   * @param downMs how long it should stay down, if `killFor` killed it
   */
  async #restartUntilReady(
    reason: string,
    downMs: number | undefined,
  ): Promise<ProcessRun | undefined> {
    const { signal } = this.#stopping;
    let status = downMs === undefined ? `died: ${reason}` : "was killed, as asked";
    let waitMs = downMs ?? this.#backoff.nextMs();
    for (;;) {
      this.#say.step(`${this.name} ${status}. It is started again in ${waitMs / 1_000} s`);
      try {
        await this.#pause(waitMs);
        this.#enter({ name: "starting" });
        return await this.#launch(signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        status = `did not come back: ${messageOf(error)}`;
        waitMs = this.#backoff.nextMs();
      }
    }
  }

  /** Waits for that long, or until `restart`. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    const over = new AbortController();
    this.#endPause = () => over.abort();
    this.#enter({ name: "down", backAtMs: Date.now() + ms });
    try {
      await wait(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) });
    } catch (error) {
      if (signal.aborted) throw error;
    } finally {
      this.#endPause = undefined;
    }
  }

  #enter(condition: Condition): void {
    this.#condition = condition;
    this.#onChange();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
