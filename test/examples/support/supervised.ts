/** A program that is started again whenever it ends, as systemd or Kubernetes does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const AGAIN_MS = 100;

interface Options {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export class Supervised {
  readonly #script: string;
  readonly #options: Options;
  #child: ChildProcess | undefined;
  #isStopped = false;
  /** How often it was started. */
  starts = 0;
  /** What it wrote to stderr. */
  errors = "";

  /** @param script for a shell; it must end with `exec`, so that signals reach the program */
  constructor(script: string, options: Options) {
    this.#script = script;
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    this.starts += 1;
    const child = spawn("bash", ["-e", "-c", this.#script], {
      ...this.#options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors = `${this.errors}${text}`.slice(-20_000);
    });
    child.once("exit", () => setTimeout(() => this.start(), AGAIN_MS));
  }

  kill9(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Asks it to end, for good. @returns the exit code */
  async stop(): Promise<number | null> {
    this.#isStopped = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
    return child.exitCode;
  }
}
