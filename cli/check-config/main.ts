/**
 * Checks the settings of a role as it would read them, without starting it.
 *
 *   node cli/check-config/main.ts gateway --env-file gateway.env --port 8080
 *
 * Exit codes: 0 it would start with them, 2 it would not: all faults are named.
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError, loadConfig } from "../../shared/config/load.ts";
import { EXIT_SETTINGS } from "../../shared/config/process-settings.ts";
import { redactedConfig } from "../../shared/config/redact.ts";
import { ROLES } from "../../shared/config/roles.ts";

const USAGE = `Usage: ovation check-config ${ROLES.join("|")} [--env-file <file>] [the role's flags ...]

Reads the settings as the role would: flags, then the environment, or a file of NAME=value lines in its
place. Prints those in effect as JSON, without secrets, or all faults. Files that settings name must be
readable. Nothing is started, and NATS is not asked.
`;

function refuse(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(EXIT_SETTINGS);
}

const [name, ...rest] = process.argv.slice(2);
if (name === "--help" || name === "-h") {
  process.stdout.write(USAGE);
  process.exit(0);
}
const role = ROLES.find((known) => known === name) ?? refuse(USAGE);
const at = rest.indexOf("--env-file");
const file = at < 0 ? undefined : (rest[at + 1] ?? refuse("--env-file: the file is missing"));
const flags = at < 0 ? rest : rest.toSpliced(at, 2);

/** Settings that name files: they end so, as one or as a list. */
function unreadable(config: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(config)
    .filter(([key]) => /Files?$/.test(key))
    .flatMap(([key, value]) => [value].flat().map((path) => [key, path] as const))
    .flatMap(([key, path]) => {
      if (typeof path !== "string") return [];
      try {
        accessSync(path, constants.R_OK);
        return [];
      } catch (error) {
        return [`${key}: ${error instanceof Error ? error.message : String(error)}`];
      }
    });
}

try {
  const env = file === undefined ? process.env : parseEnv(readFileSync(file, "utf8"));
  const loaded = loadConfig(role, flags, env);
  if (loaded.outcome === "help") {
    process.stdout.write(`${loaded.text}\n`);
    process.exit(0);
  }
  const faults = unreadable(Object.fromEntries(Object.entries(loaded.config)));
  if (faults.length > 0) refuse(faults.join("\n"));
  const settings = redactedConfig(role, loaded.config);
  process.stdout.write(`${JSON.stringify({ role, settings }, undefined, 2)}\n`);
} catch (error) {
  refuse(error instanceof ConfigError ? error.message : String(error));
}
