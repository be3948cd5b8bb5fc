/** Installs the peers, which only this comparison needs. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
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
 * Builds a peer that is written in Go from its released module; Go keeps what it built.
 * @param program its module path and version, such as `example.org/program@v1.2.3`
 * @returns the path of the program
 * @throws PeerMissing when there is no Go, or the module can't be fetched
 */
export async function buildGoPeer(
  program: string,
  onStep: (text: string) => void,
): Promise<string> {
  const [path = "", version = ""] = program.split("@");
  const name = basename(path.replace(/\/v\d+$/, ""));
  const folder = join(PROGRAMS, `${name}-${version}`);
  const built = join(folder, name);
  if (existsSync(built)) return built;
  onStep(`building ${program} with Go (minutes, once)`);
  try {
    await promisify(execFile)("go", ["install", program], {
      cwd: tmpdir(),
      env: { ...process.env, GOBIN: folder },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n").slice(-4).join(" ") : "";
    throw new PeerMissing(`${name} is skipped, since Go can't build it here: ${why}`);
  }
  return built;
}
