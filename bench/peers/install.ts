/** Installs the peers, which only this comparison needs. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";

/** @throws when npm can't */
export function installPeers(onStep: (text: string) => void): void {
  if (existsSync(join(import.meta.dirname, "node_modules", ".package-lock.json"))) return;
  onStep("installing the peers (once)");
  // None of them needs its install script.
  const { status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the peers can't be installed: ${stderr}`);
}

/** A peer is not available on this machine; the comparison continues without it. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

const PROGRAMS = join(import.meta.dirname, "..", "..", ".cache", "bench", "peers");

/**
 * Builds a peer that is written in Go; Go itself skips the build when nothing changed.
 * @returns the program's path
 * @throws PeerMissing when there is no Go, or its dependencies can't be fetched
 */
export async function buildGoPeer(folder: string, onStep: (text: string) => void): Promise<string> {
  const name = basename(folder);
  const program = join(PROGRAMS, name);
  onStep(`building ${name} with Go (minutes, the first time)`);
  try {
    await promisify(execFile)("go", ["build", "-buildvcs=false", "-o", program, "."], {
      cwd: folder,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : "";
    throw new PeerMissing(`${name} is skipped, since Go can't build it here: ${why}`);
  }
  return program;
}
