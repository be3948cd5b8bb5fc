/** A command that uses a gateway: how it is described, and how its command line is read. */
import { readFileSync } from "node:fs";
import type { Ovation } from "../../server-sdk/index.ts";
import { clientSettings } from "../../shared/config/client-settings.ts";
import { helpGroup, wrapped } from "../../shared/config/describe.ts";
import type { ConfigOf, SettingGroup } from "../../shared/config/setting.ts";
import { readFlagsOf, readVariablesOf } from "../../shared/config/sources.ts";
import { suggestion } from "../../shared/config/suggest.ts";
import { defaultsOf, valuesOf } from "../../shared/config/values.ts";
import { EXIT_TEXTS } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { optionalSwitch } from "./settings.ts";

function outputSettingsOf(defaultText: string) {
  const doc = "Prints JSON, one value a line.";
  return { json: optionalSwitch({ defaultText, doc }) } as const satisfies SettingGroup;
}

const outputSettings = outputSettingsOf("true in a pipe, false on a terminal");
const textSettings = outputSettingsOf("false");
const commonSettings = { ...clientSettings, ...outputSettings };

/** Where the gateways are, and who asks. */
export interface Client {
  readonly url: string;
  readonly token: string | undefined;
  readonly waitMs: number;
}

/** What a command has when it runs. */
export interface Run<G extends SettingGroup> {
  readonly words: readonly string[];
  readonly options: ConfigOf<G>;
  readonly client: Client;
  readonly ovation: Ovation;
  readonly out: Output;
}

export interface HttpCommand<G extends SettingGroup> {
  readonly name: string;
  /** Its arguments, such as `<video> [event]`. */
  readonly arguments: string;
  readonly doc: string;
  readonly settings: G;
  /** Whether it prints text in a pipe too, unless `--json` says otherwise. */
  readonly isText?: boolean;
  /** The fewest and the most arguments. */
  readonly words: readonly [number, number];
  /** Command lines without `ovation`, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** @throws UsageError, or an error of a client */
  readonly run: (run: Run<G>) => Promise<void>;
}

/** A command line that can't be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command line that was understood. */
export type ParsedCommand<G extends SettingGroup> =
  | { readonly outcome: "help"; readonly text: string }
  | {
      readonly outcome: "run";
      readonly words: readonly string[];
      readonly options: ConfigOf<G>;
      readonly client: Client;
      /** Undefined: in a pipe. */
      readonly isJson: boolean | undefined;
    };

/** @throws UsageError that names all faults */
export function parseCommandLine<G extends SettingGroup>(
  command: HttpCommand<G>,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedCommand<G> {
  const { name, settings } = command;
  const [fewest, most] = command.words;
  const group = { ...settings, ...commonSettings };
  const flags = readFlagsOf(
    group,
    argv,
    (flag, names) => `${flag} is not a flag of ${name}${suggestion(flag, names)}`,
    most,
  );
  if (flags.help) return { outcome: "help", text: helpText(command) };
  const faults = [...flags.faults];
  const { words } = flags;
  if (words.length < fewest) {
    const missing = command.arguments.split(" ")[words.length] ?? "";
    faults.push(`${missing} is missing: ovation ${name} ${command.arguments}`);
  }
  const variables = readVariablesOf(clientSettings, env);
  const given = (key: string) => flags.given.get(key) ?? variables.get(key);
  const { values, faults: invalid } = valuesOf(group, given);
  faults.push(...invalid);
  if (flags.given.has("token") && flags.given.has("tokenFile")) {
    faults.push("--token and --token-file can't both be given");
  }
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  const all: object = { ...defaultsOf(group), ...values };
  const { url, waitMs, token, tokenFile, json } = all as ConfigOf<typeof commonSettings>;
  // A flag counts more than a variable.
  const isFile = flags.given.has("tokenFile") || (!flags.given.has("token") && token === undefined);
  return {
    outcome: "run",
    words,
    options: all as ConfigOf<G>,
    client: {
      url,
      token: isFile && tokenFile !== undefined ? tokenIn(tokenFile) : token,
      waitMs,
    },
    isJson: command.isText ? json === true : json,
  };
}

function tokenIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageError(`the token's file can't be read: ${String(error)}`);
  }
  const token = clientSettings.token.schema.safeParse(text);
  if (token.success && token.data !== undefined) return token.data;
  throw new UsageError(
    `the token's file ${file} must hold a token or an API key, and nothing else`,
  );
}

function helpText<G extends SettingGroup>(command: HttpCommand<G>): string {
  const { name, doc, settings, examples, isText } = command;
  const own = Object.keys(settings).length === 0 ? [] : [helpGroup("Flags", settings, false), ""];
  return [
    ["Usage: ovation", name, command.arguments, "[--flag value | --flag=value ...]"]
      .filter((part) => part !== "")
      .join(" "),
    "",
    ...wrapped(doc, 0),
    "",
    ...own,
    helpGroup("Connection", clientSettings),
    "",
    helpGroup("Output", isText ? textSettings : outputSettings, false),
    "",
    "Examples:",
    ...examples.flatMap(([line, what]) => ["", `  ovation ${line}`, ...wrapped(what, 6)]),
    "",
    "Exit codes:",
    ...EXIT_TEXTS.map(([code, text]) => `  ${code}  ${text}`),
  ].join("\n");
}
