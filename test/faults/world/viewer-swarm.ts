/** Thousands of viewers, in a process of their own, so that a story can do something else meanwhile. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import type { OpenSwarm, ThrongCommand, ThrongReport } from "./viewer-swarm-messages.ts";

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

  async report(): Promise<ThrongReport> {
    return await this.#ask({ what: "report" });
  }

  /** Begins the account anew. */
  async forget(): Promise<void> {
    await this.#ask({ what: "forget" });
  }

  /** Resolves when all of them watch, with the report of that moment. */
  async allThere(): Promise<ThrongReport> {
    return await this.#until(({ viewers, subscribed }) => subscribed === viewers);
  }

  /** Resolves when some have come back. */
  async returned(count: number): Promise<ThrongReport> {
    return await this.#until(({ returns }) => returns >= count);
  }

  /** Resolves when each has all comments up to this place. */
  async haveAll(seq: number): Promise<ThrongReport> {
    return await this.#until(({ oldestSeq }) => oldestSeq >= seq);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }

  async #until(holds: (report: ThrongReport) => boolean): Promise<ThrongReport> {
    let last: ThrongReport | undefined;
    await eventually(async () => {
      last = await this.report();
      return holds(last);
    }, TIME_MS).catch((error: unknown) => {
      throw new Error(`not so: ${JSON.stringify({ ...last, attempts: [] })}`, { cause: error });
    });
    if (last === undefined) throw new Error("no report");
    return last;
  }

  async #ask(command: ThrongCommand): Promise<ThrongReport> {
    const answer = once(this.#process, "message");
    this.#process.send(command);
    const [report] = (await answer) as [ThrongReport];
    return report;
  }
}

/** Tells a figure to whoever reads the run. */
export function tell(line: string): void {
  process.stderr.write(`    ${line}\n`);
}
