/** Where the local stack's nats-server comes from. */
import type { LogLine } from "./command.ts";
import { NATS_IMAGE, provideNatsImage } from "./docker.ts";
import { installNatsServer } from "./install.ts";
import { findNatsBinaries, isNewEnough, LEAST_VERSION, type NatsServerSource } from "./source.ts";

interface FindOptions {
  /** Receives progress lines for the waiting user. */
  readonly log: LogLine;
  /** The Docker image, if Docker is needed. */
  readonly image?: string;
}

const BY_HAND = `Install it by hand, then try again:
  Debian, Ubuntu   sudo apt-get install nats-server
  Fedora           sudo dnf install nats-server
  Alpine           sudo apk add nats-server
  Arch             sudo pacman -S nats-server
  macOS            brew install nats-server
  Windows          winget install NATSAuthors.NATSServer
  with Go          go install github.com/nats-io/nats-server/v2@latest
  with Docker      start the Docker engine`;

function describe(problems: readonly string[]): string {
  const tried = problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`).join("\n");
  return `No nats-server ${LEAST_VERSION} or later was found, and none could be installed.\n${BY_HAND}\nTried:\n${tried}`;
}

/**
 * Finds a nats-server to start: one on this machine, or else one that a package manager, Go or
 * Docker provides without prompting. Throws an Error that says what to do if there is none.
 */
export async function findNatsServer({ log, image }: FindOptions): Promise<NatsServerSource> {
  const binaries = await findNatsBinaries();
  const binary = binaries.find(({ version }) => isNewEnough(version));
  if (binary !== undefined) return binary;
  log("No nats-server on this machine yet.");
  const tooOld = binaries.map(({ path, version }) => `${path} is ${version}, too old`);
  const installed = await installNatsServer(log);
  if (installed.binary !== undefined) return installed.binary;
  try {
    return await provideNatsImage(image ?? NATS_IMAGE, log);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(describe([...tooOld, ...installed.problems, problem]), { cause: error });
  }
}
