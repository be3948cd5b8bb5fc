/** The commands of `ovation`, and how a command line selects one. */
import { extname } from "node:path";
import { quoted } from "../shared/config/setting.ts";
import { suggestion } from "../shared/config/suggest.ts";

interface Command {
  readonly name: string;
  /** The file that implements the command, relative to the root and without its extension. */
  readonly entry: string;
  readonly doc: string;
  /** Whether it speaks to a gateway, as a backend does. */
  readonly usesGateway?: boolean;
}

/** A command that uses a gateway. */
function client(name: string, doc: string): Command {
  return { name, entry: `cli/${name}/main`, doc, usesGateway: true };
}

export const COMMANDS: readonly Command[] = [
  { name: "gateway", entry: "gateway/main", doc: "holds the viewers' connections" },
  { name: "dispatcher", entry: "dispatcher/main", doc: "sends events to the gateways and stores" },
  {
    name: "hooks",
    entry: "cli/hooks/main",
    doc: "sends webhooks; shows and changes how far they are",
  },
  { name: "doctor", entry: "cli/doctor/main", doc: "finds what is wrong with a deployment" },
  { name: "kinds", entry: "cli/kinds/main", doc: "prints or replaces the kinds of events" },
  { name: "store", entry: "cli/store/main", doc: "makes the stores as the settings say" },
  { name: "ops", entry: "cli/ops/main", doc: "finds and disconnects viewers, drains a gateway" },
  {
    name: "check-config",
    entry: "cli/check-config/main",
    doc: "checks the settings of a role without starting it",
  },
  { name: "size", entry: "cli/sizing/main", doc: "calculates what an audience needs" },
  client("tail", "prints the events of videos as they come"),
  client("export", "writes a video's comments as lines of JSON"),
  client("publish", "publishes events"),
  client("delete", "deletes a comment, or all of an actor"),
  client("ban", "bans an actor"),
  client("unban", "lets an actor in again"),
  client("bans", "lists who is banned"),
  client("freeze", "lets nobody publish on a video"),
  client("pin", "pins a comment"),
  client("poll", "opens a poll, ends it, and shows its tally"),
  client("state", "prints what there is of a video"),
  client("who", "lists the videos that have viewers"),
  client("top", "keeps a table of them up to date, with rates"),
  client("token", "makes a token"),
];

/** How a command line was understood. */
export type Choice =
  | { readonly outcome: "help" }
  | { readonly outcome: "version" }
  | { readonly outcome: "refused"; readonly fault: string }
  | { readonly outcome: "run"; readonly module: URL };

/** @param argv the arguments after the script's name; those after the command are the command's */
export function commandOf(argv: readonly string[]): Choice {
  const [name, flag] = argv;
  if (name === "--help" || name === "-h" || name === "help") return { outcome: "help" };
  if (name === "--version") return { outcome: "version" };
  if (name === undefined)
    return { outcome: "refused", fault: `a command is missing\n\n${usage()}` };
  const command = COMMANDS.find((known) => known.name === name);
  if (command !== undefined && flag === "--version") return { outcome: "version" };
  if (command !== undefined) return { outcome: "run", module: moduleOf(command) };
  const known = COMMANDS.map((one) => one.name);
  const hint = `${suggestion(name, known)}: see ovation --help`;
  return { outcome: "refused", fault: `${quoted(name)} is not a command${hint}` };
}

/** The image's bundle has the same layout as the sources, with a different extension. */
function moduleOf(command: Command): URL {
  return new URL(`../${command.entry}${extname(import.meta.filename)}`, import.meta.url);
}

export function usage(): string {
  return [
    "Usage: ovation <command> [--flag value ...]",
    "",
    "To run and to inspect a deployment:",
    ...linesOf(false),
    "",
    "To use one, over HTTP:",
    ...linesOf(true),
    "",
    "ovation <command> --help lists the command's settings; ovation --version prints the version.",
  ].join("\n");
}

function linesOf(usesGateway: boolean): readonly string[] {
  return COMMANDS.filter((command) => (command.usesGateway ?? false) === usesGateway).map(
    ({ name, doc }) => `  ${name.padEnd(14)}${doc}`,
  );
}
