/** A gateway or dispatcher as a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ServerRole } from "../../kit/role-process.ts";
import { nodeFlags } from "../../shared/runtime/node-flags.ts";
import { bundled } from "./bundle.ts";
import { eventually } from "./eventually.ts";
import { natsUrlAs } from "./nats-users.ts";
import { ROOMY_FLAGS } from "./roomy.ts";

export interface RoleProcess {
  readonly child: ChildProcess;
  readonly id: string;
  /** Where viewers connect; for gateways only. */
  readonly port: number;
  readonly opsPort: number;
  /** The first lines of its output: its log, and anything else. */
  readonly output: readonly string[];
  /** Ends it as a crash would. */
  kill9(): Promise<void>;
  /** Ends it as an operator would; resolves with the exit code. */
  stop(): Promise<number | null>;
}

interface LogLine {
  readonly level?: string;
  readonly node?: string;
  readonly port?: number;
  readonly opsPort?: number;
  readonly msg?: string;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
  return child.exitCode;
}

/**
 * Spawns a role and resolves when it runs; rejects with its log if it ends first. A gateway is open
 * and has roomy limits.
 */
export async function spawnRole(
  role: ServerRole,
  natsUrl: string,
  flags: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<RoleProcess> {
  const ours = role === "gateway" ? ["--open", ...ROOMY_FLAGS] : [];
  return await spawnStrict(role, natsUrl, [...ours, ...flags], options);
}

export interface ProcessOptions {
  /** How many files the process may open; by default as many as this one. */
  readonly files?: number;
  /** Whether it runs the sources, in which each module is a file of its own. */
  readonly isFromSource?: boolean;
  /** The folder of another version, whose sources it runs. */
  readonly folder?: string;
}

/** As {@link spawnRole}, with the default limits; a gateway needs `--open` or a key. */
export async function spawnStrict(
  role: ServerRole,
  natsUrl: string,
  flags: readonly string[],
  { files, folder, isFromSource = folder !== undefined }: ProcessOptions = {},
): Promise<RoleProcess> {
  const address = role === "gateway" ? ["--host", "127.0.0.1", "--port", "0"] : [];
  const nats = ["--nats-url", natsUrlAs(role, natsUrl)];
  const source = `${role}/main.ts`;
  const program = [...nodeFlags(role), isFromSource ? source : bundled(source)];
  const args = [...program, ...nats, "--ops-port", "0", ...address, ...flags];
  // The IPC channel closes with this process, and the role ends with the channel: nothing is left.
  const limit = files === undefined ? "" : `ulimit -n ${files} && `;
  const command = ["-c", `${limit}exec "$@"`, "sh", process.execPath, ...args];
  const child = spawn("/bin/sh", command, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  if (child.stdout === null || child.stderr === null) throw new Error("no output to read");
  const output: string[] = [];
  const seen: { id: string; port: number; opsPort: number; runs: boolean } = {
    id: "",
    port: 0,
    opsPort: 0,
    runs: false,
  };
  createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (output.length < 200) output.push(text);
    const line: LogLine = JSON.parse(text);
    seen.id = line.node ?? seen.id;
    seen.port = line.port ?? seen.port;
    seen.opsPort = line.opsPort ?? seen.opsPort;
    seen.runs ||= line.msg === `${role} runs`;
  });
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${role} ended:\n${output.join("\n")}`);
    return seen.runs;
  });
  return {
    child,
    id: seen.id,
    port: seen.port,
    opsPort: seen.opsPort,
    output,
    kill9: async () => void (await end(child, "SIGKILL")),
    stop: async () => await end(child, "SIGTERM"),
  };
}
