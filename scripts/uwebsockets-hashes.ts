/**
 * Compares the installed binaries of uWebSockets.js with the recorded hashes: native code that
 * everything depends on, and that nobody reads. Without an argument it checks; with `--write` it
 * records the installed binaries, after another build was chosen (docs/uwebsockets.md).
 */
import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const PACKAGE = join(ROOT, "node_modules", "uWebSockets.js");
/** In the format of `sha256sum`, relative to the package's folder. */
const RECORD = join(ROOT, "scripts", "uwebsockets.sha256");

const installed = globSync("**/*.node", { cwd: PACKAGE })
  .sort()
  .map((file) => {
    const hash = createHash("sha256").update(readFileSync(join(PACKAGE, file)));
    return `${hash.digest("hex")}  ${file}`;
  });

if (process.argv.includes("--write")) {
  writeFileSync(RECORD, `${installed.join("\n")}\n`);
  process.stdout.write(`recorded ${installed.length} binaries of uWebSockets.js\n`);
} else {
  const recorded = new Set(readFileSync(RECORD, "utf8").trimEnd().split("\n"));
  const unknown = installed.filter((line) => !recorded.has(line));
  const faults = installed.length === 0 ? [`no binary in ${PACKAGE}`] : unknown;
  for (const fault of faults) {
    process.stderr.write(`not the recorded uWebSockets.js: ${fault} (docs/uwebsockets.md)\n`);
  }
  process.exitCode = faults.length === 0 ? 0 : 1;
}
