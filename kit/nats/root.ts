/** Doing something as root, where that takes no password. */
import { runCommand } from "./command.ts";

/** The command as it must be called to run as root; undefined if that would ask a question. */
export async function asRoot(command: readonly string[]): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return command;
  const sudo = await runCommand("sudo", ["-n", "true"]);
  return sudo.ok ? ["sudo", "-n", ...command] : undefined;
}
