/** The command line of `npm start`, and the few environment variables that it reads. */
import { HIGHEST_LEVEL } from "../../demo/audience-level.ts";
import { AUTH_KEYS, authSettings } from "../../shared/config/auth-settings.ts";
import { helpGroup } from "../../shared/config/describe.ts";
import { hooksSettings } from "../../shared/config/hooks-settings.ts";
import { ConfigError } from "../../shared/config/load.ts";
import { LOOPBACK, NO_ORIGIN, originList, SAME_ORIGIN } from "../../shared/config/network-lists.ts";
import { boolean, integer, type SettingGroup, settingNames } from "../../shared/config/setting.ts";
import { commonSettings } from "../../shared/config/settings.ts";
import { readFlagsOf } from "../../shared/config/sources.ts";
import { suggestion } from "../../shared/config/suggest.ts";
import { defaultsOf, type Given, valuesOf } from "../../shared/config/values.ts";

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
  /** Whether tokens are required. */
  readonly auth: boolean;
  /** The roles' setting of this name; undefined: that of the environment. */
  readonly kinds: string | undefined;
  /** The endpoint that webhooks are sent to; undefined: none are sent. */
  readonly hooks: string | undefined;
  /** Undefined: the stack runs its own. */
  readonly nats: GivenNats | undefined;
}

/** How a command line was understood. */
export type Parsed =
  | { readonly outcome: "options"; readonly options: Options }
  | { readonly outcome: "help"; readonly text: string };

/**
 * Pages of development servers and the like. Allowing them adds no risk: a process that can serve a
 * page on this machine can reach the gateways without a browser, too.
 */
const ALLOWED_ORIGINS = [SAME_ORIGIN, LOOPBACK];
/**
 * With a NATS of its own, a page that is opened as a file may use the stack as well. So may a sandboxed
 * frame of any site; there it finds a demo, which is thrown away at the end.
 */
const ALLOWED_IN_A_DEMO = [...ALLOWED_ORIGINS, NO_ORIGIN];

/** The flags. */
const settings = {
  gateways: integer({ min: 1, max: 16, default: 2, doc: "Gateways, which share the port." }),
  dispatchers: integer({ min: 1, max: 16, default: 2, doc: "Dispatchers." }),
  port: integer({ min: 1, max: 65_535, default: 8080, doc: "Port for viewers and publishers." }),
  audience: integer({
    min: 0,
    max: HIGHEST_LEVEL,
    default: 15,
    doc: "The simulated audience at first: a position of the page's slider.",
  }),
  allowedOrigins: originList({
    default: ALLOWED_IN_A_DEMO,
    doc: "The pages that may use the gateways (docs/connecting.md). With NATS_URL, `null` is not among them by default.",
  }),
  allowOrigin: originList({
    default: [],
    doc: "Pages that may use the gateways too, besides those of the default.",
  }),
  auth: boolean({
    default: false,
    doc: "Requires tokens, and prints a viewer's, a backend's and a moderator's. They are signed with OVATION_AUTH_SECRET, or else with a secret of this run.",
  }),
  kinds: commonSettings.kinds,
  hooks: {
    ...hooksSettings.hooksUrl,
    doc: "Sends webhooks to this URL (docs/webhooks.md), and prints the secret that they are signed with.",
  },
} as const satisfies SettingGroup;

/** The variables that name a given NATS: the common one first, then the roles' own. */
const NATS_VARIABLES = ["NATS_URL", "OVATION_NATS_URL"];
const ORIGINS_VARIABLES = ["OVATION_ALLOWED_ORIGINS"];

/**
 * Reads the command line and the environment.
 *
 * @param argv the arguments after the script's name
 * @throws ConfigError naming every unknown flag and every value outside its limits
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Parsed {
  const flags = readFlagsOf(
    settings,
    argv,
    (name, names) => `${name} is not a flag${suggestion(name, names)}`,
  );
  if (flags.help) return { outcome: "help", text: helpText() };
  /** An empty variable counts as unset, as it does for the roles. */
  const variable = (names: readonly string[]) =>
    names.map((name) => ({ name, text: env[name] ?? "" })).find(({ text }) => text !== "");
  const given = new Map<string, Given | undefined>([
    ["allowedOrigins", variable(ORIGINS_VARIABLES)],
    ["natsUrl", variable(NATS_VARIABLES)],
    ...flags.given,
  ]);
  const { natsUrl } = commonSettings;
  const { values, faults } = valuesOf({ ...settings, natsUrl }, (key) => given.get(key));
  const wrong = [...flags.faults, ...faults, ...contradictions(flags.given, values.auth, env)];
  if (wrong.length > 0) throw new ConfigError(wrong);
  const url = given.get("natsUrl")?.text;
  const all = { ...defaultsOf(settings), ...values };
  const { natsUrl: urls, allowedOrigins, allowOrigin, ...rest } = all;
  const isGiven = given.get("allowedOrigins") !== undefined;
  const origins = isGiven || url === undefined ? allowedOrigins : ALLOWED_ORIGINS;
  const nats = url && urls ? { url, shownUrl: String(natsUrl.loggable(urls)) } : undefined;
  return {
    outcome: "options",
    options: {
      ...rest,
      allowedOrigins: [...origins, ...allowOrigin].join(","),
      // As it is written; undefined, so that the environment's counts.
      kinds: flags.given.get("kinds")?.text,
      nats,
    },
  };
}

/** What is wrong with flags and variables together. */
function contradictions(
  flags: ReadonlyMap<string, Given>,
  auth: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const faults: string[] = [];
  if (flags.has("allowedOrigins") && flags.has("allowOrigin")) {
    faults.push("--allowed-origins and --allow-origin can't both be given: the first names all");
  }
  if (auth === true) {
    if (env["OVATION_OPEN"] === "true") {
      faults.push("--auth requires tokens, and OVATION_OPEN=true requires none: unset one");
    }
    const { name, text } = { name: "OVATION_AUTH_SECRET", text: env["OVATION_AUTH_SECRET"] ?? "" };
    const group = { authSecret: authSettings.authSecret };
    faults.push(...valuesOf(group, () => (text === "" ? undefined : { name, text })).faults);
  } else if (auth === false) {
    const keys = AUTH_KEYS.map((key) => settingNames(key).env).filter((name) => env[name]);
    for (const name of keys) {
      faults.push(
        `${name} is set, but only with --auth tokens are required: unset it, or add --auth`,
      );
    }
  }
  return faults;
}

function helpText(): string {
  return [
    "Usage: npm start -- [--flag value | --flag=value ...]",
    "",
    "Runs all of Ovation on this machine until Ctrl-C, for viewers on this machine.",
    "",
    helpGroup("Flags", settings, false),
    "",
    "Environment:",
    "  NATS_URL          a NATS server with JetStream to use (nats://host:port); when unset, the",
    "                    stack runs its own, with an empty store that it deletes at the end",
    "  OVATION_...       the settings of the gateways and dispatchers: docs/configuration.md",
  ].join("\n");
}
