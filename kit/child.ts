/** Launches a role of Ovation as a child process. */
import { type ChildProcess, spawn } from "node:child_process";
import { endText, StartError } from "./ending.ts";
import type { LogFile } from "./log-file.ts";
import type { Launch } from "./managed-process.ts";
import { untilReady } from "./ready.ts";

const READY_MS = 30_000;

interface ChildOptions {
  /** The program; node by default. */
  readonly command?: string;
  /** The script for node to run, and its arguments. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Answers 200 once the process can do its work. */
  readonly readyUrl: string;
  readonly log: LogFile;
  /** Called with each process as soon as it is ready, to talk to it over its IPC channel. */
  readonly onChild?: (child: ChildProcess) => void;
}

/**
 * Launches one process. It gets its own process group, because a Ctrl-C in the terminal goes to our
 * whole group, and a role treats a second signal as an order to end at once. If we are killed, its
 * IPC channel closes, and it exits.
 */
export function childLaunch({
  command = process.execPath,
  args,
  env,
  readyUrl,
  log,
  onChild,
}: ChildOptions): Launch {
  return async (signal) => {
    signal.throwIfAborted();
    const logStart = log.size;
    const child = spawn(command, args, {
      env,
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "ipc"],
    });
    const ended = endOf(child, () => log.linesSince(logStart));
    try {
      await readyOrEnded(readyUrl, ended, signal);
    } catch (error) {
      child.kill("SIGKILL");
      await ended;
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      throw new StartError(message, log.linesSince(logStart));
    }
    onChild?.(child);
    return {
      pid: child.pid ?? 0,
      ended,
      stop: () => void child.kill("SIGTERM"),
      kill: () => void child.kill("SIGKILL"),
    };
  };
}

/** Rejects as soon as the process has ended and can't become ready. */
async function readyOrEnded(url: string, ended: Promise<string>, signal: AbortSignal) {
  const over = new AbortController();
  const early = ended.then((end) => {
    throw new Error(`ended before it was ready: ${end}`);
  });
  // It rejects some day even after it was ready, when nobody awaits it.
  early.catch(() => undefined);
  try {
    await Promise.race([untilReady(url, READY_MS, AbortSignal.any([signal, over.signal])), early]);
  } finally {
    over.abort();
  }
}

function endOf(child: ChildProcess, output: () => readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve(`could not be run (${error.message})`);
    });
    child.once("exit", (code, signal) => resolve(endText({ code, signal }, output())));
  });
}
