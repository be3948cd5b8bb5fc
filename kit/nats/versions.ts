/** The two versions that Ovation is tested on, each found on this machine or built for it. */
import { join } from "node:path";
import { debianPackage } from "./apt.ts";
import { findProgram, type LogLine, runCommand } from "./command.ts";
import {
  addToCache,
  findNatsBinaries,
  NATS_CACHE,
  type NatsBinary,
  readNatsBinary,
} from "./source.ts";

/** The newest version that Ovation is known to run on. */
export const CURRENT_VERSION = "2.12.15";

/** `2.9`: the oldest that Ovation runs on, as Debian 12 has it. `current`: the pinned newest. */
export type NatsVersion = "2.9" | "current";

const MODULE = "github.com/nats-io/nats-server/v2";
/** The first build fetches some fifty modules and compiles them. */
const BUILD_MS = 15 * 60_000;

/** Builds the pinned version with Go into the project's cache. Throws if that can't be done. */
export async function buildWithGo(log: LogLine): Promise<NatsBinary> {
  const go = await findProgram("go");
  if (go === undefined) throw new Error("go is not on the PATH");
  const args = ["install", `${MODULE}@v${CURRENT_VERSION}`];
  log(`Building nats-server ${CURRENT_VERSION} with Go (a minute or two): go ${args.join(" ")}`);
  return addToCache(async (folder) => {
    const built = await runCommand(go, args, {
      // A Go module in the current folder must not interfere.
      cwd: folder,
      env: { GOBIN: folder, CGO_ENABLED: "0", GOFLAGS: "" },
      timeoutMs: BUILD_MS,
    });
    if (!built.ok) throw new Error(built.problem);
    return join(folder, "nats-server");
  });
}

async function provideCurrent(log: LogLine): Promise<NatsBinary> {
  const cached = await readNatsBinary(join(NATS_CACHE, CURRENT_VERSION, "nats-server"));
  return cached ?? buildWithGo(log);
}

async function provideOldest(log: LogLine): Promise<NatsBinary> {
  const binaries = await findNatsBinaries();
  const found = binaries.find((binary) => binary.version.startsWith("2.9."));
  if (found !== undefined) return found;
  const binary = await debianPackage(log);
  if (binary.version.startsWith("2.9.")) return binary;
  throw new Error(`this machine's package manager has nats-server ${binary.version}, not 2.9`);
}

/**
 * A nats-server of the requested version: one that is already here, or else one that is built or
 * downloaded now. Throws an Error that says why if neither works.
 */
export async function provideNatsVersion(version: NatsVersion, log: LogLine): Promise<NatsBinary> {
  try {
    return await (version === "current" ? provideCurrent(log) : provideOldest(log));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`no nats-server ${version}: ${reason}`, { cause });
  }
}
