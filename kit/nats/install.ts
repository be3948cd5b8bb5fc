/** Installs a nats-server on this machine by the first method that works without prompting. */
import { debianPackage } from "./apt.ts";
import { findProgram, type LogLine, runCommand } from "./command.ts";
import { asRoot } from "./root.ts";
import { findNatsBinaries, isNewEnough, LEAST_VERSION, type NatsBinary } from "./source.ts";
import { buildWithGo } from "./versions.ts";

interface PackageManager {
  readonly program: string;
  readonly args: readonly string[];
  readonly needsRoot: boolean;
}

/** None of these starts a server by itself when the package is installed. */
const packageManagers: readonly PackageManager[] = [
  { program: "dnf", args: ["install", "-y", "nats-server"], needsRoot: true },
  { program: "apk", args: ["add", "nats-server"], needsRoot: true },
  { program: "pacman", args: ["-S", "--noconfirm", "nats-server"], needsRoot: true },
  // Homebrew refuses to run as root.
  { program: "brew", args: ["install", "nats-server"], needsRoot: false },
];

const INSTALL_MS = 10 * 60_000;

/** One method of getting a nats-server. Throws an Error that says why it failed. */
type Way = (log: LogLine) => Promise<NatsBinary>;

function byPackageManager({ program, args, needsRoot }: PackageManager): Way {
  return async (log) => {
    const path = await findProgram(program);
    if (path === undefined) throw new Error(`${program} is not on this machine`);
    const command = needsRoot ? await asRoot([path, ...args]) : [path, ...args];
    if (command === undefined)
      throw new Error(`${program} needs root, and sudo asks for a password`);
    log(`Installing nats-server: ${command.join(" ")}`);
    const [first = path, ...rest] = command;
    const installed = await runCommand(first, rest, { timeoutMs: INSTALL_MS });
    if (!installed.ok) throw new Error(installed.problem);
    const [binary] = await findNatsBinaries();
    if (binary === undefined) throw new Error(`${program} succeeded but left no nats-server`);
    return binary;
  };
}

const ways: readonly Way[] = [debianPackage, ...packageManagers.map(byPackageManager), buildWithGo];

/** The result: a nats-server, or why each method failed. */
export interface InstallOutcome {
  readonly binary: NatsBinary | undefined;
  readonly problems: readonly string[];
}

/** Tries each method in turn until there is a nats-server that Ovation can use. */
export async function installNatsServer(log: LogLine): Promise<InstallOutcome> {
  const problems: string[] = [];
  for (const way of ways) {
    try {
      const binary = await way(log);
      if (isNewEnough(binary.version)) return { binary, problems };
      problems.push(`${binary.path} is ${binary.version}, older than ${LEAST_VERSION}`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { binary: undefined, problems };
}
