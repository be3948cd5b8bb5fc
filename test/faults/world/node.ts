/** A process of the world, on a host of its own: it can be started, ended, paused and asked. */
import {
  type GuardedProcess,
  type ServerExit,
  spawnGuarded,
} from "../../../deploy/local/nats/guarded.ts";
import { eventually } from "../../support/eventually.ts";
import type { Host } from "./lan.ts";

interface NodeOptions {
  readonly host: Host;
  readonly command: string;
  readonly args: readonly string[];
  /** What says 200 once it can do its work. */
  readonly healthUrl: string;
  readonly metricsUrl?: string;
}

/** Something may have been said about readiness; a host that is cut off says nothing. */
const ANSWER_MS = 1_000;

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

  /** Undefined before its first start; after its end it is nobody's. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process, and doesn't wait for it to be ready. */
  async launch(): Promise<void> {
    const [command, args] = this.host.wrap(this.#options.command, this.#options.args);
    this.#process = await spawnGuarded({ command, args });
  }

  /** Resolves when it says that it can do its work. */
  async ready(): Promise<void> {
    await eventually(async () => {
      const exit = await this.#exitIfAny();
      if (exit !== undefined) throw new Error(`${this.name} ended:\n${this.log}`);
      return this.isReady();
    });
  }

  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return await fetch(this.#options.healthUrl, { signal }).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** What it says of its health, whether good or bad. */
  async health(): Promise<unknown> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return await (await fetch(this.#options.healthUrl, { signal })).json();
  }

  /** A metric as Prometheus would read it: the sum over its label sets; 0 where there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(this.#options.metricsUrl ?? "")).text();
    const lines = text.split("\n");
    const own = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** The last that it wrote. */
  get log(): string {
    return this.#process?.tail.text() ?? "";
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    // One that is paused can be killed all the same.
    await this.#process?.kill();
  }

  /** Ends it as an operator would; tells how it ended. */
  async stop(): Promise<ServerExit | undefined> {
    await this.#process?.stop();
    return await this.#process?.exited;
  }

  async #exitIfAny(): Promise<ServerExit | undefined> {
    return await Promise.race([this.#process?.exited, Promise.resolve(undefined)]);
  }
}
