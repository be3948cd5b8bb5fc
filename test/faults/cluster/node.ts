/** A process of the cluster on a host of its own, which can be started, stopped, paused and queried. */
import { readMetrics } from "../../../kit/metrics-page.ts";
import { type GuardedProcess, type ServerExit, spawnGuarded } from "../../../kit/nats/guarded.ts";
import { eventually } from "../../support/eventually.ts";
import type { Host } from "./lan.ts";

interface NodeOptions {
  readonly host: Host;
  readonly command: string;
  readonly args: readonly string[];
  /** Secrets that must not show up in a process list. */
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the process is ready. */
  readonly healthUrl: string;
  readonly metricsUrl?: string;
}

/** How long to wait for an answer; a host that is cut off never answers. */
const ANSWER_MS = 1_000;
/** A NATS cluster that had no quorum takes a while. */
const READY_MS = 90_000;

export class Node {
  readonly host: Host;
  readonly #options: NodeOptions;
  #process: GuardedProcess | undefined;

  constructor(options: NodeOptions) {
    this.host = options.host;
    this.#options = options;
  }

  get name(): string {
    return this.host.name;
  }

  /** The current process. */
  get pid(): number {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process.pid;
  }

  /** Starts the process without waiting for it to be ready. */
  async launch(): Promise<void> {
    const [command, args] = this.host.wrap(this.#options.command, this.#options.args);
    const { env = {} } = this.#options;
    this.#process = await spawnGuarded({ command, args, env });
  }

  /** Resolves when it reports that it is ready. */
  async ready(): Promise<void> {
    await eventually(async () => {
      const exit = await this.#exitIfAny();
      if (exit !== undefined) throw new Error(`${this.name} ended:\n${this.log}`);
      return this.isReady();
    }, READY_MS).catch(async (cause: unknown) => {
      const health = await this.health().catch((error: unknown) => String(error));
      throw new Error(`${this.name} is not ready: ${JSON.stringify(health)}`, { cause });
    });
  }

  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return await fetch(this.#options.healthUrl, { signal }).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Its health report, whether good or bad. */
  async health(): Promise<unknown> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return await (await fetch(this.#options.healthUrl, { signal })).json();
  }

  /** A metric as Prometheus would read it: the sum over its label sets; 0 if there is none. */
  async metric(name: string): Promise<number> {
    return (await this.metrics())(name);
  }

  /** A snapshot of all metrics, each read as by {@link metric}. */
  async metrics(): Promise<(name: string) => number> {
    const page = await readMetrics(this.#options.metricsUrl ?? "");
    return (name) => page.sum(name);
  }

  /** The tail of its output. */
  get log(): string {
    return this.#process?.tail.text() ?? "";
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    // Works on a paused process too.
    await this.#process?.kill();
  }

  /** Ends it as an operator would; returns how it exited. */
  async stop(): Promise<ServerExit | undefined> {
    await this.#process?.stop();
    return await this.#process?.exited;
  }

  async #exitIfAny(): Promise<ServerExit | undefined> {
    return await Promise.race([this.#process?.exited, Promise.resolve(undefined)]);
  }
}
