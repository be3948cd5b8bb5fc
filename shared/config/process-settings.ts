/** The settings of a process, by its own command line and environment. */

import { VERSION } from "../runtime/version.ts";
import { ConfigError, loadConfig } from "./load.ts";
import type { ConfigByRole, Role } from "./roles.ts";

/** The exit code of a process whose settings, or whose command, are wrong. */
export const EXIT_SETTINGS = 2;

/**
 * Reads them, or ends the process: after `--help` or `--version`, or naming every fault.
 * @param argv its flags
 */
export function processSettings<R extends Role>(
  role: R,
  argv: readonly string[] = process.argv.slice(2),
): ConfigByRole[R] {
  if (argv.includes("--version")) {
    process.stdout.write(`${VERSION}\n`);
    process.exit(0);
  }
  try {
    const loaded = loadConfig(role, argv, process.env);
    if (loaded.outcome === "config") return loaded.config;
    process.stdout.write(`${loaded.text}\n`);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_SETTINGS);
  }
}
