/** What `test/chart/install-tools.sh` gets: programs, and definitions of kinds. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../.cache/kubernetes");

/**
 * The path of a file that install-tools.sh gets.
 * @throws Error if it is missing
 */
export function tool(name: string): string {
  const path = join(FOLDER, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run test/chart/install-tools.sh`);
  return path;
}

/** Unless tools are required, tests that need a missing one are left out, by name. */
export function hasTools(tests: string, ...names: readonly string[]): boolean {
  const missing = names.filter((name) => !existsSync(join(FOLDER, name)));
  if (missing.length === 0 || process.env["OVATION_TEST_REQUIRE"]) return true;
  const fault = `${missing.join(", ")} missing: run test/chart/install-tools.sh`;
  process.stderr.write(`Left out: ${tests} (${fault})\n`);
  return false;
}
