/** What the steps of a release share. */
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "../..");

export interface Release {
  readonly version: string;
  /** Where its files go: an absolute path. */
  readonly folder: string;
}

/** What a step made and checked, or the tool that it lacks. */
export type Outcome =
  | { readonly files: readonly string[]; readonly checked: string; readonly publish: string }
  | { readonly missing: string };

const execute = promisify(execFile);

/**
 * Runs a command and returns its standard output.
 * @throws Error with the end of what it wrote, when it fails
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string = ROOT,
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, maxBuffer: 64 * 1_024 * 1_024 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const end = `${stdout}${stderr}`.trim().split("\n").slice(-20).join("\n");
    const words = [command, ...args].join(" ");
    throw new Error(`${words} failed:\n${end || String(error)}`, { cause: error });
  }
}

/** Whether a command can be run and succeeds. */
export function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
