/** Thousands of viewers in a process of their own, so that they don't block the test. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import type { OpenSwarm, SwarmCommand, SwarmReport } from "./viewer-swarm-messages.ts";

const WORKER = join(import.meta.dirname, "viewer-swarm-worker.ts");
const TIME_MS = 120_000;

export class ViewerSwarm {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Resolves when all of them watch. */
  static async open(options: OpenSwarm): Promise<ViewerSwarm> {
    const swarm = new ViewerSwarm(fork(WORKER, { stdio: "inherit" }));
    await swarm.#ask({ what: "open", ...options });
    await swarm.allThere();
    await swarm.forget();
    return swarm;
  }

  async report(): Promise<SwarmReport> {
    return await this.#ask({ what: "report" });
  }

  /** Resets the counts. */
  async forget(): Promise<void> {
    await this.#ask({ what: "forget" });
  }

  /** Resolves when all of them watch, with the report of that moment. */
  async allThere(): Promise<SwarmReport> {
    return await this.#until(({ viewers, subscribed }) => subscribed === viewers);
  }

  /** Resolves when some have come back. */
  async returned(count: number): Promise<SwarmReport> {
    return await this.#until(({ returns }) => returns >= count);
  }

  /** Resolves when each has all comments up to this seq. */
  async haveAll(seq: number): Promise<SwarmReport> {
    return await this.#until(({ oldestSeq }) => oldestSeq >= seq);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }

  async #until(holds: (report: SwarmReport) => boolean): Promise<SwarmReport> {
    let last: SwarmReport | undefined;
    await eventually(async () => {
      last = await this.report();
      return holds(last);
    }, TIME_MS).catch((error: unknown) => {
      throw new Error(`the swarm did not get there: ${JSON.stringify({ ...last, attempts: [] })}`, {
        cause: error,
      });
    });
    if (last === undefined) throw new Error("no report");
    return last;
  }

  async #ask(command: SwarmCommand): Promise<SwarmReport> {
    const answer = once(this.#process, "message");
    this.#process.send(command);
    const [report] = (await answer) as [SwarmReport];
    return report;
  }
}

/** Prints measured figures among the test output. */
export function logFigures(line: string): void {
  process.stderr.write(`    ${line}\n`);
}
