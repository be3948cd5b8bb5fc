/** Docker, through its command line. */
import { execFile, type PromiseWithChild } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Rejects with the command's output, and its exit code as `code`. */
export function docker(...args: string[]): PromiseWithChild<Output> {
  return execute("docker", args, { maxBuffer: 16 * 1_024 * 1_024 });
}

/** The output of `docker inspect` with a Go template. */
export async function inspect(container: string, format: string): Promise<string> {
  const { stdout } = await docker("inspect", "--format", format, container);
  return stdout.trim();
}

/** The exit code of a command in the container. */
export async function exec(container: string, ...command: string[]): Promise<number> {
  try {
    await docker("exec", container, ...command);
    return 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number") {
      return error.code;
    }
    throw error;
  }
}
