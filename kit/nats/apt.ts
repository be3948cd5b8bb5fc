/**
 * nats-server from Debian's and Ubuntu's packages. The package is unpacked into the project's cache
 * rather than installed: installing needs root, and would start a server on port 4222 at every boot.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, type LogLine, runCommand } from "./command.ts";
import { asRoot } from "./root.ts";
import { addToCache, type NatsBinary } from "./source.ts";

const PACKAGE = "nats-server";
const DOWNLOAD_MS = 5 * 60_000;

async function download(apt: string, folder: string, log: LogLine): Promise<void> {
  const args = ["download", PACKAGE];
  const first = await runCommand(apt, args, { cwd: folder, timeoutMs: DOWNLOAD_MS });
  if (first.ok) return;
  // Usually the package lists are missing or too old. Updating them needs root.
  const update = await asRoot([apt, "update"]);
  if (update === undefined) throw new Error(first.problem);
  log(`Updating the package lists: ${update.join(" ")}`);
  const [command = apt, ...rest] = update;
  await runCommand(command, rest, { timeoutMs: DOWNLOAD_MS });
  const second = await runCommand(apt, args, { cwd: folder, timeoutMs: DOWNLOAD_MS });
  if (!second.ok) throw new Error(second.problem);
}

async function unpack(folder: string): Promise<string> {
  const names = await readdir(folder);
  const archive = names.find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new Error(`apt-get left no package in ${folder}`);
  const unpacked = await runCommand("dpkg-deb", ["-x", join(folder, archive), folder]);
  if (!unpacked.ok) throw new Error(unpacked.problem);
  return join(folder, "usr", "sbin", "nats-server");
}

/** Debian's nats-server, in the project's cache. Throws if this machine has no apt, or apt fails. */
export async function debianPackage(log: LogLine): Promise<NatsBinary> {
  const apt = await findProgram("apt-get");
  if (apt === undefined) throw new Error("apt-get is not on this machine");
  log(`Fetching nats-server into .cache/nats: apt-get download ${PACKAGE}`);
  return addToCache(async (folder) => {
    await download(apt, folder, log);
    return unpack(folder);
  });
}
