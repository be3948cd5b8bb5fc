/** The machine and the build of a result, without which two results can't be compared. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { VERSION } from "../../shared/runtime/version.ts";

function git(...args: readonly string[]): string {
  try {
    return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
  };
}

export function build(): Record<string, string> {
  const changes = git("status", "--porcelain") === "" ? "" : " with changes";
  return {
    ovation: VERSION,
    commit: `${git("rev-parse", "--short", "HEAD")}${changes}`,
    node: process.version,
  };
}
