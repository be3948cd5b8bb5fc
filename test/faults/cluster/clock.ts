/**
 * Sets the wall clock of one process, with libfaketime (Debian: `apt-get install faketime`). Its
 * monotonic clock is unaffected, as on a machine whose time is set.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

/** Why clocks can't be set on this machine; undefined if they can. */
export function clockFault(): string | undefined {
  return library() === undefined ? "libfaketime is not installed" : undefined;
}

function library(): string | undefined {
  return LIBRARIES.find((path) => existsSync(path));
}

/** Wraps a command line so that it runs with a clock of its own, which is right until it is set. */
export function withClock(
  directory: string,
  name: string,
  command: string,
  args: readonly string[],
): readonly [command: string, args: string[]] {
  const variables = [
    `LD_PRELOAD=${library()}`,
    `FAKETIME_TIMESTAMP_FILE=${clockFile(directory, name)}`,
    "FAKETIME_NO_CACHE=1",
    "FAKETIME_DONT_FAKE_MONOTONIC=1",
    "DONT_FAKE_MONOTONIC=1",
  ];
  return ["env", [...variables, command, ...args]];
}

/** Sets the clock of `name` to this many seconds from the true time. */
export async function setClock(directory: string, name: string, seconds: number): Promise<void> {
  await writeFile(clockFile(directory, name), `${seconds < 0 ? "" : "+"}${seconds}\n`);
}

function clockFile(directory: string, name: string): string {
  return join(directory, `${name}.clock`);
}
