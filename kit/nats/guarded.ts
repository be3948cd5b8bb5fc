/** Runs a server under the guard, which stops it when this process ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { OutputTail } from "./output-tail.ts";

/** What to run, and how to end it if SIGKILL isn't enough. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment, for values that must not appear on a command line. */
  readonly env?: Readonly<Record<string, string>>;
  readonly killCommand?: readonly string[];
}

/** How a server ended: by itself with a code, or by a signal. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that runs under the guard. */
export interface GuardedProcess {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  readonly tail: OutputTail;
  /** Asks it to end, and kills it if it takes too long. */
  stop(): Promise<void>;
  /** Kills it. */
  kill(): Promise<void>;
}

type FromGuard =
  | { readonly spawned: number }
  | { readonly failed: string }
  | { readonly exited: ServerExit };

const GUARD = join(import.meta.dirname, "guard.mjs");
/** How long a server may take to end when asked to. */
const GRACE_MS = 10_000;

function sendToGuard(guard: ChildProcess, message: "stop" | "kill"): void {
  // It may have just ended; then there is nothing to send.
  if (guard.connected) guard.send(message, () => {});
}

/** Starts the process under a guard; resolves once it runs, before it necessarily serves. */
export function spawnGuarded({ env, ...launch }: Launch): Promise<GuardedProcess> {
  const spec = JSON.stringify({ ...launch, graceMs: GRACE_MS });
  // Its own session: a Ctrl-C in the terminal reaches only the parent.
  const guard = spawn(process.execPath, [GUARD, spec], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const tail = new OutputTail(guard.stdout, guard.stderr);
  let reported: ServerExit | undefined;

  const exited = new Promise<ServerExit>((resolve) => {
    guard.once("close", (code, signal) => resolve(reported ?? { code, signal }));
  });
  const end = async (message: "stop" | "kill"): Promise<void> => {
    sendToGuard(guard, message);
    await exited;
  };
  return new Promise((resolve, reject) => {
    guard.once("error", reject);
    guard.on("message", (message: FromGuard) => {
      if ("exited" in message) reported = message.exited;
      else if ("failed" in message) reject(new Error(message.failed));
      else {
        const { spawned: pid } = message;
        resolve({ pid, exited, tail, stop: () => end("stop"), kill: () => end("kill") });
      }
    });
    guard.once("exit", () => reject(new Error(`the guard ended: ${tail.text()}`)));
  });
}
