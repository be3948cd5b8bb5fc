import { parseArgs } from "node:util";
import { clientSettings } from "./client-settings.ts";
import { otherRoles, type Role, settingsOf } from "./roles.ts";
import { ENV_PREFIX, quoted, type SettingGroup, settingNames } from "./setting.ts";
import { suggestion } from "./suggest.ts";
import type { Given } from "./values.ts";

/** What a source gives, by property key, and what is wrong with the rest of it. */
export interface Reading {
  readonly given: ReadonlyMap<string, Given>;
  readonly faults: readonly string[];
}

/** What flags give, and whether help was requested. */
export interface FlagReading extends Reading {
  readonly help: boolean;
  /** Arguments that belong to no flag, as many as are allowed. */
  readonly words: readonly string[];
}

/** What a flag of the command line stands for. */
interface Flag {
  readonly key: string;
  readonly isSwitch: boolean;
  /** Written `--no-...`. */
  readonly negated: boolean;
}

/** These belong to the tests and the local stack, which share the environment with the roles. */
const FOREIGN_ENV = /^OVATION_(TEST|LOCAL)_/;

/** The role's settings given by flags. */
export function readFlags(role: Role, argv: readonly string[]): FlagReading {
  return readFlagsOf(settingsOf(role), argv, (name, names) => unknownFlag(role, name, names));
}

/**
 * The settings of a group given by flags. When a flag is repeated, the last one counts.
 * @param unknown gives the fault of a flag that is not in `names`
 * @param mostWords how many arguments that belong to no flag are allowed
 */
export function readFlagsOf(
  group: SettingGroup,
  argv: readonly string[],
  unknown: (name: string, names: readonly string[]) => string,
  mostWords = 0,
): FlagReading {
  const flags = flagsOf(group);
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [flag, { isSwitch }] of flags) {
    options[flag.slice(2)] = { type: isSwitch ? "boolean" : "string" };
  }
  // Not strict: it would throw at the first fault, and all must be reported.
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const given = new Map<string, Given>();
  const faults: string[] = [];
  const words: string[] = [];
  let help = false;
  // The value of an unknown flag looks like a stray word, but is not a second fault.
  let unknownAt: number | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (unknownAt !== undefined && token.index === unknownAt + 1) continue;
      if (words.length < mostWords) words.push(token.value);
      else {
        faults.push(
          `argument ${quoted(token.value)} belongs to no flag${switchHint(argv[token.index - 1], flags)}`,
        );
      }
      continue;
    }
    if (token.name === "help") {
      help = true;
      continue;
    }
    const name = token.rawName;
    const known = flags.get(name);
    if (!known) {
      faults.push(unknown(name, [...flags.keys(), "--help"]));
      unknownAt = token.inlineValue === true ? undefined : token.index;
    } else if (known.isSwitch) {
      if (known.negated && token.value !== undefined) {
        faults.push(`${name} takes no value`);
      } else {
        given.set(known.key, { name, text: token.value ?? String(!known.negated) });
      }
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
      // "--host --port 80" is far more often a forgotten value than a host called "--port".
      faults.push(`${name} needs a value (one that begins with "--" is written ${name}=value)`);
    } else {
      given.set(known.key, { name, text: token.value });
    }
  }
  return { help, given, faults, words };
}

/** The settings of a group that variables give; other variables are ignored. */
export function readVariablesOf(
  group: SettingGroup,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Given> {
  const names = Object.keys(group).map((key) => ({ key, name: settingNames(key).env }));
  const all = names.map(({ key, name }) => [key, { name, text: env[name] ?? "" }] as const);
  return new Map(all.filter(([, { text }]) => text !== ""));
}

/**
 * The settings given by the environment. An empty variable counts as unset. Other programs'
 * variables are read only where a setting names one.
 */
export function readEnvironment(
  role: Role,
  env: Readonly<Record<string, string | undefined>>,
): Reading {
  const keys = new Map(Object.keys(settingsOf(role)).map((key) => [settingNames(key).env, key]));
  // Roles and commands often share one environment, so settings of another one are ignored.
  const groups = [clientSettings, ...otherRoles(role).map((other) => settingsOf(other))];
  const others = new Set(
    groups.flatMap((group) => Object.keys(group).map((key) => settingNames(key).env)),
  );
  const given = new Map<string, Given>();
  const faults: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || FOREIGN_ENV.test(name) || !text) continue;
    const key = keys.get(name);
    if (key !== undefined) given.set(key, { name, text });
    else if (!others.has(name)) {
      faults.push(`${name} is not a setting${suggestion(name, [...keys.keys(), ...others])}`);
    }
  }
  for (const [key, { standardEnv }] of Object.entries(settingsOf(role))) {
    const text = standardEnv === undefined ? undefined : env[standardEnv];
    if (standardEnv !== undefined && text && !given.has(key)) {
      given.set(key, { name: standardEnv, text });
    }
  }
  return { given, faults };
}

function flagsOf(group: SettingGroup): ReadonlyMap<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [key, { isSwitch }] of Object.entries(group)) {
    const { flag } = settingNames(key);
    flags.set(flag, { key, isSwitch, negated: false });
    if (isSwitch) flags.set(flag.replace("--", "--no-"), { key, isSwitch, negated: true });
  }
  return flags;
}

function unknownFlag(role: Role, name: string, names: readonly string[]): string {
  const other = otherRoles(role).find((one) =>
    Object.keys(settingsOf(one)).some((key) => settingNames(key).flag === name),
  );
  if (other !== undefined) return `${name} is a setting of the ${other}, not of the ${role}`;
  return `${name} is not a setting${suggestion(name, names)}`;
}

function switchHint(before: string | undefined, flags: ReadonlyMap<string, Flag>): string {
  const isSwitch = before !== undefined && flags.get(before)?.isSwitch === true;
  return isSwitch ? ` (a switch takes its value as ${before}=true or ${before}=false)` : "";
}
