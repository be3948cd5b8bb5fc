/** The command line of `npm start`, and the few environment variables that it reads. */
import { parseArgs } from "node:util";
import { HIGHEST_LEVEL } from "../../demo/audience-level.ts";
import { SAME_ORIGIN } from "../../shared/config/network-lists.ts";
import { quoted, type Setting } from "../../shared/config/setting.ts";
import { commonSettings, gatewaySettings } from "../../shared/config/settings.ts";
import { suggestion } from "../../shared/config/suggest.ts";

/** A NATS that the user runs. */
export interface GivenNats {
  /** As it was given; it may contain a password. */
  readonly url: string;
  /** Without user and password, for output. */
  readonly shownUrl: string;
}

export interface Options {
  readonly gateways: number;
  readonly dispatchers: number;
  readonly port: number;
  /** The initial level of the simulated audience, from 0 to 100. */
  readonly audience: number;
  /** The gateways' setting of this name. */
  readonly allowedOrigins: string;
  /** Undefined: the stack runs its own. */
  readonly nats: GivenNats | undefined;
}

/** How a command line was understood. */
export type Parsed =
  | { readonly outcome: "options"; readonly options: Options }
  | { readonly outcome: "help"; readonly text: string };

/** The command line is invalid. The message lists all faults at once. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super([...faults, "See npm start -- --help"].join("\n"));
    this.faults = faults;
  }
}

interface Flag {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly doc: string;
}

const flags = {
  gateways: { min: 1, max: 16, default: 2, doc: "gateways, which share the port" },
  dispatchers: { min: 1, max: 16, default: 2, doc: "dispatchers" },
  port: { min: 1, max: 65_535, default: 8080, doc: "port for viewers and publishers" },
  audience: { min: 0, max: HIGHEST_LEVEL, default: 15, doc: "the page's simulated audience" },
} as const satisfies Record<string, Flag>;

type FlagName = keyof typeof flags;
const flagNames = Object.keys(flags) as FlagName[];

const ORIGINS_FLAG = "allowed-origins";
/**
 * Where the development servers of Vite and Next.js serve pages. Allowing them adds no risk: a process
 * that can serve a page there, on this machine, can reach the gateways without a browser, too.
 */
const DEVELOPMENT_ORIGINS = [3000, 5173].flatMap((port) =>
  ["localhost", "127.0.0.1"].map((host) => `http://${host}:${port}`),
);

/** The variables that name a given NATS: the common one first, then the roles' own. */
const NATS_VARIABLES = ["NATS_URL", "OVATION_NATS_URL"] as const;

/**
 * Reads the command line and the environment.
 *
 * @param argv the arguments after the script's name
 * @throws OptionsError naming every unknown flag and every value outside its limits
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Parsed {
  const faults: string[] = [];
  const numbers: Record<FlagName, number> = {
    gateways: flags.gateways.default,
    dispatchers: flags.dispatchers.default,
    port: flags.port.default,
    audience: flags.audience.default,
  };
  // Not strict: that would throw at the first fault, and all should be listed.
  const { tokens } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(
        [...flagNames, ORIGINS_FLAG].map((name) => [name, { type: "string" }] as const),
      ),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) {
    return { outcome: "help", text: helpText() };
  }
  // The value of an unknown flag looks like a stray argument, but isn't a second fault.
  let unknownAt: number | undefined;
  let givenOrigins: string | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      const isValueOfUnknown = unknownAt !== undefined && token.index === unknownAt + 1;
      if (!isValueOfUnknown) faults.push(`argument ${quoted(token.value)} belongs to no flag`);
      continue;
    }
    if (token.name === ORIGINS_FLAG) {
      givenOrigins = token.value ?? "";
      continue;
    }
    const name = flagNames.find((known) => known === token.name);
    if (name === undefined) {
      const known = [...flagNames, ORIGINS_FLAG, "help"].map((flag) => `--${flag}`);
      faults.push(`${token.rawName} is not a flag${suggestion(token.rawName, known)}`);
      unknownAt = token.inlineValue === true ? undefined : token.index;
    } else {
      const { fault, value } = readNumber(token.rawName, token.value, flags[name]);
      if (fault !== undefined) faults.push(fault);
      numbers[name] = value;
    }
  }
  const allowedOrigins = originsOf(givenOrigins, env, faults);
  const nats = givenNats(env, faults);
  if (faults.length > 0) throw new OptionsError(faults);
  return { outcome: "options", options: { ...numbers, allowedOrigins, nats } };
}

function readNumber(name: string, text: string | undefined, flag: Flag) {
  const value = Number(text);
  // The pattern rejects what Number() would accept: "", "0x10", "1e3", " 5".
  const isSound = /^[0-9]+$/.test(text ?? "") && value >= flag.min && value <= flag.max;
  if (isSound) return { fault: undefined, value };
  const given = text === undefined ? "is missing" : `is ${quoted(text)}`;
  const fault = `${name} must be a whole number from ${flag.min} to ${flag.max}, but ${given}`;
  return { fault, value: flag.default };
}

/** From the flag, or else from the gateways' setting. */
function originsOf(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
): string {
  const variable = "OVATION_ALLOWED_ORIGINS";
  const text = flag ?? env[variable];
  if (flag === undefined && !text) return [SAME_ORIGIN, ...DEVELOPMENT_ORIGINS].join(",");
  const setting: Setting<readonly string[]> = gatewaySettings.allowedOrigins;
  const read = setting.schema.safeParse(text);
  if (read.success) return text ?? "";
  const name = flag === undefined ? variable : `--${ORIGINS_FLAG}`;
  faults.push(...read.error.issues.map((issue) => `${name} ${issue.message}`));
  return "";
}

function givenNats(
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
): GivenNats | undefined {
  // An empty variable counts as unset, as it does for the roles.
  const name = NATS_VARIABLES.find((variable) => env[variable]);
  const url = name && env[name];
  if (!url) return undefined;
  const setting: Setting<readonly string[]> = commonSettings.natsUrl;
  const read = setting.schema.safeParse(url);
  if (!read.success) {
    faults.push(...read.error.issues.map((issue) => `${name} ${issue.message}`));
    return undefined;
  }
  return { url, shownUrl: String(setting.loggable(read.data)) };
}

function helpText(): string {
  const lines = flagNames.map((name) => {
    const { min, max, default: byDefault, doc } = flags[name];
    return `  ${`--${name} N`.padEnd(18)}${doc}: ${min} to ${max}, ${byDefault} by default`;
  });
  return [
    "Usage: npm start -- [--flag N ...]",
    "",
    "Runs all of Ovation on this machine until Ctrl-C, for viewers on this machine.",
    "",
    ...lines,
    `  ${`--${ORIGINS_FLAG} LIST`}`,
    `  ${"".padEnd(18)}other pages that may use the gateways: by default those of`,
    `  ${"".padEnd(18)}http://localhost:3000 and :5173 (docs/connecting.md)`,
    `  ${"--help".padEnd(18)}prints this`,
    "",
    "Environment:",
    "  NATS_URL          a NATS server with JetStream to use (nats://host:port); when unset, the",
    "                    stack runs its own, with an empty store that it deletes at the end",
    "  OVATION_...       the settings of the gateways and dispatchers: docs/configuration.md",
  ].join("\n");
}
