/** What the command line of `ovation hooks` says. */

export const USAGE = [
  "Usage: ovation hooks [settings]                              runs the role: see ovation hooks --help",
  "       ovation hooks status [--json]                         how much waits for each endpoint",
  "       ovation hooks resume <endpoint>                       delivers again to one that answered 410",
  "       ovation hooks replay --since <time> [--endpoint <name>]",
  "                                                             delivers again what was stored since then",
  "       ovation hooks dead list [--endpoint <name>] [--json]  what could not be delivered",
  "       ovation hooks dead requeue [--endpoint <name>]        delivers that again",
  "       ovation hooks dead purge --endpoint <name>            removes that",
  "",
  "A time is a date of ISO 8601 or a duration back from now, such as 90s, 15m, 2h or 1d. The commands",
  "log in to NATS as the role does: --nats-url, --nats-user, --nats-password-file or their variables.",
  "",
  "Examples:",
  "  ovation hooks status --json",
  "  ovation hooks replay --since 2h --endpoint archive",
  "  ovation hooks replay --since 2026-11-27T18:00:00Z",
  "  ovation hooks dead requeue",
].join("\n");

/** The command line is wrong; the message says how. */
export class ArgumentFault extends Error {
  override readonly name = "ArgumentFault";
}

export type HooksCommand =
  | { readonly name: "status"; readonly isJson: boolean }
  | { readonly name: "resume"; readonly endpoint: string }
  /** @param since milliseconds since 1970; @param endpoint undefined: all */
  | { readonly name: "replay"; readonly since: number; readonly endpoint: string | undefined }
  | {
      readonly name: "dead";
      readonly act: "list" | "requeue" | "purge";
      readonly endpoint: string | undefined;
      readonly isJson: boolean;
    };

type Parsed =
  | { readonly outcome: "role" }
  | { readonly outcome: "help" }
  /** @param flags those of the settings */
  | {
      readonly outcome: "command";
      readonly command: HooksCommand;
      readonly flags: readonly string[];
    };

const COMMANDS = ["status", "resume", "replay", "dead"];
const ACTS = ["list", "requeue", "purge"] as const;
const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @throws ArgumentFault */
export function parseHooks(argv: readonly string[], now = Date.now()): Parsed {
  const [name, ...rest] = argv;
  if (name === undefined || name.startsWith("-")) return { outcome: "role" };
  if (!COMMANDS.includes(name)) {
    throw new ArgumentFault(`"${name}" is not a command: one of ${COMMANDS.join(", ")}`);
  }
  if (rest.includes("--help") || rest.includes("-h")) return { outcome: "help" };
  const words: string[] = [];
  while (rest[0] !== undefined && !rest[0].startsWith("-")) words.push(rest.shift() ?? "");
  const since = taken(rest, "--since");
  const endpoint = taken(rest, "--endpoint");
  const isJson = rest.includes("--json");
  const flags = rest.filter((flag) => flag !== "--json");
  const command = commandOf(name, words, { since, endpoint, isJson, now });
  return { outcome: "command", command, flags };
}

interface Given {
  readonly since: string | undefined;
  readonly endpoint: string | undefined;
  readonly isJson: boolean;
  readonly now: number;
}

function commandOf(name: string, words: readonly string[], given: Given): HooksCommand {
  const { since, endpoint, isJson, now } = given;
  const [word] = words;
  switch (name) {
    case "status":
      return { name, isJson };
    case "resume":
      if (word === undefined) throw new ArgumentFault("resume: the endpoint is missing");
      return { name, endpoint: word };
    case "replay":
      if (since === undefined) throw new ArgumentFault("replay: --since is missing");
      return { name, since: timeOf(since, now), endpoint };
    default: {
      const act = ACTS.find((one) => one === word);
      if (act === undefined) throw new ArgumentFault(`dead: one of ${ACTS.join(", ")} is missing`);
      if (act === "purge" && endpoint === undefined) {
        throw new ArgumentFault("dead purge: --endpoint is missing");
      }
      return { name: "dead", act, endpoint, isJson };
    }
  }
}

/** Takes a flag with its value out of the arguments. */
function taken(rest: string[], flag: string): string | undefined {
  const at = rest.findIndex((one) => one === flag || one.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  const [found = "", next] = rest.slice(at, at + 2);
  if (found !== flag) {
    rest.splice(at, 1);
    return found.slice(flag.length + 1);
  }
  if (next === undefined || next.startsWith("-")) throw new ArgumentFault(`${flag}: needs a value`);
  rest.splice(at, 2);
  return next;
}

function timeOf(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now - Number(count) * (UNITS_MS[unit] ?? 0);
  if (!Number.isNaN(time)) return time;
  throw new ArgumentFault(
    `--since: "${text}" is neither a date, as 2026-11-27T18:00:00Z, nor as 2h`,
  );
}
