/** Instances of `ovation hooks` as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../../kit/nats/free-port.ts";
import { eventually } from "../../support/eventually.ts";
import { natsUrlAs } from "../../support/nats-users.ts";

const MAIN = join(import.meta.dirname, "../../../hooks/main.ts");

export class HooksProcess {
  readonly #child: ChildProcess;
  readonly #opsPort: number;

  private constructor(child: ChildProcess, opsPort: number) {
    this.#child = child;
    this.#opsPort = opsPort;
  }

  /** @param settings by the names of their variables, without `OVATION_` */
  static async start(natsUrl: string, settings: Record<string, string>): Promise<HooksProcess> {
    const opsPort = await freePort();
    const own = {
      NATS_URL: natsUrlAs("hooks", natsUrl),
      OPS_PORT: String(opsPort),
      HOOKS_LEASE_MS: "1000",
      HOOKS_RETRY_MIN_MS: "20",
      HOOKS_RETRY_MAX_MS: "200",
      LOG_LEVEL: "error",
      ...settings,
    };
    const named = Object.entries(own).map(([name, value]) => [`OVATION_${name}`, value] as const);
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(named) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const hooks = new HooksProcess(child, opsPort);
    await eventually(async () => (await hooks.metric("ovation_ready")) === 1);
    return hooks;
  }

  /** The value of a metric, over all of its labels; NaN when the process can't be reached. */
  async metric(name: string): Promise<number> {
    try {
      const page = await (await fetch(`http://127.0.0.1:${this.#opsPort}/metrics`)).text();
      const values = page
        .split("\n")
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .map((line) => Number(line.slice(line.lastIndexOf(" "))));
      return values.reduce((sum, value) => sum + value, 0);
    } catch {
      return Number.NaN;
    }
  }

  async isActive(): Promise<boolean> {
    return (await this.metric("ovation_hooks_active")) === 1;
  }

  /** Without a moment to do anything. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
