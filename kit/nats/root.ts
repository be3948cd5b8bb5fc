/** Runs commands as root where that takes no password. */
import { runCommand } from "./command.ts";

/** The command to call for running this one as root; undefined if that would prompt. */
export async function asRoot(command: readonly string[]): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return command;
  const sudo = await runCommand("sudo", ["-n", "true"]);
  return sudo.ok ? ["sudo", "-n", ...command] : undefined;
}
