/** Getting a nats-server onto this machine, by the first way that needs no question answered. */
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

/** One way to get a nats-server: gives it, or says why it couldn't. */
type Way = (log: LogLine) => Promise<NatsBinary>;

function byPackageManager({ program, args, needsRoot }: PackageManager): Way {
  return async (log) => {
    const path = await findProgram(program);
    if (path === undefined) throw new Error(`${program} is not on this machine`);
    const command = needsRoot ? await asRoot([path, ...args]) : [path, ...args];
    if (command === undefined) throw new Error(`${program} needs root, and sudo asks a password`);
    log(`Installing nats-server: ${command.join(" ")}`);
    const [first = path, ...rest] = command;
    const installed = await runCommand(first, rest, { timeoutMs: INSTALL_MS });
    if (!installed.ok) throw new Error(installed.problem);
    const [binary] = await findNatsBinaries();
    if (binary === undefined) throw new Error(`${program} ended well but left no nats-server`);
    return binary;
  };
}

const ways: readonly Way[] = [debianPackage, ...packageManagers.map(byPackageManager), buildWithGo];

/** What came of the tries: a nats-server, or why each way failed. */
export interface InstallOutcome {
  readonly binary: NatsBinary | undefined;
  readonly problems: readonly string[];
}

/** Tries one way after the other until there is a nats-server that Ovation runs on. */
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
