/** Finds programs on this machine and runs them to completion. */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Receives a line for each step while a user waits. */
export type LogLine = (line: string) => void;

/** How a program ended. `problem` is empty on success. */
export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly problem: string;
}

interface CommandOptions {
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const QUICK_MS = 10_000;
const MOST_OUTPUT = 16 * 1024 * 1024;
const LINES_OF_A_PROBLEM = 5;

function describeProblem(command: string, error: Error, stderr: string): string {
  const lines = stderr.trim().split("\n").slice(-LINES_OF_A_PROBLEM).join("\n");
  return `${command}: ${lines === "" ? error.message : lines}`;
}

/** Runs a program to completion, without a terminal, so that it can't prompt. Never throws. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? QUICK_MS,
        maxBuffer: MOST_OUTPUT,
      },
      (error, stdout, stderr) => {
        const problem = error === null ? "" : describeProblem(command, error, stderr);
        resolve({ ok: error === null, stdout, problem });
      },
    );
    child.stdin?.end();
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Every program of that name on the PATH and in the additional folders, in that order. */
export async function findPrograms(
  name: string,
  furtherFolders: readonly string[] = [],
): Promise<string[]> {
  const fromPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = new Set([...fromPath, ...furtherFolders]);
  const paths = [...folders].map((folder) => join(folder, name));
  const found = await Promise.all(paths.map(isProgram));
  return paths.filter((_, index) => found[index]);
}

/** The first program of that name on the PATH, or where Go's installer leaves it. */
export async function findProgram(name: string): Promise<string | undefined> {
  const [first] = await findPrograms(name, ["/usr/local/go/bin"]);
  return first;
}

/** Folders that may hold a server program although they are not on the PATH. */
export const SERVER_FOLDERS: readonly string[] = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  join(homedir(), "go", "bin"),
];
