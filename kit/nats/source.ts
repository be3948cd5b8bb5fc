/** What a nats-server can be started from, and how its version is read. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { findPrograms, runCommand, SERVER_FOLDERS } from "./command.ts";

/** A nats-server program on this machine. */
export interface NatsBinary {
  readonly kind: "binary";
  readonly path: string;
  readonly version: string;
}

/** A nats-server run by Docker. */
export interface NatsImage {
  readonly kind: "docker";
  readonly image: string;
}

export type NatsServerSource = NatsBinary | NatsImage;

/** The project's own nats-servers: one folder per version. Not in git. */
export const NATS_CACHE = join(import.meta.dirname, "..", "..", ".cache", "nats");

/** Ovation's subscription table needs JetStream features of this version. */
const LEAST_MAJOR = 2;
const LEAST_MINOR = 9;

/** The oldest version that Ovation runs on. */
export const LEAST_VERSION = `${LEAST_MAJOR}.${LEAST_MINOR}`;

/** Whether Ovation runs on a nats-server of that version. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR);
}

/** Asks a program for its version; undefined if it isn't a nats-server that runs here. */
export async function readNatsBinary(path: string): Promise<NatsBinary | undefined> {
  const { ok, stdout } = await runCommand(path, ["--version"]);
  const version = /nats-server: v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  return ok && version !== undefined ? { kind: "binary", path, version } : undefined;
}

async function cachedFolders(): Promise<string[]> {
  try {
    const names = await readdir(NATS_CACHE);
    return names.map((name) => join(NATS_CACHE, name));
  } catch {
    return []; // Nothing has been cached yet.
  }
}

/** Every nats-server on this machine: those on the PATH first, the project's own last. */
export async function findNatsBinaries(): Promise<NatsBinary[]> {
  const paths = await findPrograms("nats-server", [...SERVER_FOLDERS, ...(await cachedFolders())]);
  const binaries = await Promise.all(paths.map(readNatsBinary));
  return binaries.filter((binary) => binary !== undefined);
}

/**
 * Puts a nats-server into the cache: `make` leaves the program in the given folder and returns its
 * path. It is moved to its final path only when it runs, so that an incomplete one is never found.
 */
export async function addToCache(make: (folder: string) => Promise<string>): Promise<NatsBinary> {
  const folder = join(NATS_CACHE, `making-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    const made = await readNatsBinary(await make(folder));
    if (made === undefined) throw new Error("the nats-server that was made does not run here");
    const path = join(NATS_CACHE, made.version, "nats-server");
    await mkdir(join(NATS_CACHE, made.version), { recursive: true });
    await rename(made.path, path);
    return { ...made, path };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
