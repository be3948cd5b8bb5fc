/** `npm start` as a person runs it, for tests: in its own process group, with its output. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signalIfAlive } from "../support/signal.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running command, with all of its output. */
export class Command {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #output = "";
  #onOutput = new Set<() => void>();

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    // Its own process group, as in a terminal.
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        for (const check of this.#onOutput) check();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
  }

  get output(): string {
    return this.#output;
  }

  /** The first match in the output, once it is printed. Rejects when the command ends first. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let check = (): void => undefined;
    const printed = new Promise<RegExpExecArray>((resolve) => {
      check = () => {
        const match = pattern.exec(this.#output);
        if (match !== null) resolve(match);
      };
      check();
      this.#onOutput.add(check);
    });
    const ended = this.ended.then(({ code, signal }) => {
      throw new Error(`ended (${code ?? signal}) without ${pattern}:\n${this.#output}`);
    });
    try {
      return await Promise.race([printed, ended]);
    } finally {
      this.#onOutput.delete(check);
      ended.catch(() => undefined);
    }
  }

  /** Signals the whole group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid !== undefined) signalIfAlive(-pid, signal);
  }
}

/** A line as pasted into a shell. */
export function shell(line: string): Command {
  return new Command("sh", ["-c", line]);
}

/** `npm start`, and every process that it starts. */
export class NpmStart extends Command {
  /** Temporary files of the stack, and of nothing else. */
  readonly temporary: string;
  readonly #mark: string;

  constructor(...flags: readonly string[]) {
    const temporary = mkdtempSync(join(tmpdir(), "ovation-start-test-"));
    const mark = `OVATION_TEST_MARK=${randomUUID()}`;
    const [name = "", value] = mark.split("=");
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: temporary, [name]: value };
    delete env["NATS_URL"];
    super("npm", ["start", "--", ...flags], env);
    this.temporary = temporary;
    this.#mark = mark;
  }

  /** Resolves when everything runs. */
  async up(): Promise<void> {
    await this.prints(/^Ctrl-C stops everything/m);
  }

  /** The command in the closing block that starts like this. */
  printedCommand(beginning: string): string {
    const line = this.output.split("\n").find((text) => text.startsWith(`  ${beginning}`));
    if (line === undefined) throw new Error(`no "${beginning}" in:\n${this.output}`);
    return line.trim();
  }

  /** The process that supervises the others. */
  get pid(): number {
    return Number(/^Starting .* \(pid (\d+)\)$/m.exec(this.output)?.[1]);
  }

  /** The first process with this name in the output. */
  pidOf(name: string): number {
    return Number(new RegExp(`^${name} is ready .* \\(pid (\\d+)\\)$`, "m").exec(this.output)?.[1]);
  }

  /** Every live process that inherited our mark: ours or a descendant, printed or not. */
  alive(): readonly number[] {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(this.#mark);
        } catch {
          return false; // It has just ended.
        }
      });
  }

  /** Leaves nothing behind, whatever the test's outcome. */
  async cleanUp(): Promise<void> {
    for (const pid of this.alive()) signalIfAlive(pid, "SIGKILL");
    await this.ended;
    rmSync(this.temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}
