/** Installs the peers, which nothing but this comparison needs. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** @throws when npm can't */
export function installPeers(onStep: (text: string) => void): void {
  if (existsSync(join(import.meta.dirname, "node_modules", ".package-lock.json"))) return;
  onStep("installing the peers (once)");
  // None of them needs its install script to be run.
  const { status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the peers can't be installed: ${stderr}`);
}
