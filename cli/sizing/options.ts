/** The command line of `ovation size`. */
import { helpGroup, wrapped } from "../../shared/config/describe.ts";
import { ConfigError } from "../../shared/config/load.ts";
import { boolean, type ConfigOf, type SettingGroup } from "../../shared/config/setting.ts";
import { readFlagsOf } from "../../shared/config/sources.ts";
import { suggestion } from "../../shared/config/suggest.ts";
import { defaultsOf, valuesOf } from "../../shared/config/values.ts";
import {
  audienceSettings,
  costSettings,
  deploymentSettings,
  productSettings,
  type SizingInput,
  sizingSettings,
} from "./settings.ts";

const outputSettings = {
  json: boolean({ default: false, doc: "Prints the sizing as JSON instead of text." }),
} as const satisfies SettingGroup;

const allSettings = { ...sizingSettings, ...outputSettings };

type SizingOptions = SizingInput & ConfigOf<typeof outputSettings>;

export type SizingCommand =
  | { readonly outcome: "help"; readonly text: string }
  | { readonly outcome: "size"; readonly options: SizingOptions };

/**
 * Reads the command line.
 * @param argv the arguments after the command
 * @throws ConfigError naming every unknown flag and invalid value
 */
export function sizingCommand(argv: readonly string[]): SizingCommand {
  const { given, faults, help } = readFlagsOf(allSettings, argv, (name, names) => {
    return `${name} is not a setting of size${suggestion(name, names)}`;
  });
  if (help) return { outcome: "help", text: sizingHelp() };
  const { values, faults: invalid } = valuesOf(allSettings, (key) => given.get(key));
  const options = { ...defaultsOf(allSettings), ...values };
  const all = [...faults, ...invalid];
  if (all.length === 0) all.push(...contradictions(options));
  if (all.length > 0) throw new ConfigError(all);
  return { outcome: "size", options };
}

/** The command's input: the defaults, overridden by what is given. Nothing is checked. */
export function sizingInput(given: Partial<SizingInput> = {}): SizingInput {
  return { ...defaultsOf(sizingSettings), ...given };
}

function contradictions(options: SizingOptions): string[] {
  const { hotLikes, likes, hotPercent, videos, frameIntervalMinMs, frameIntervalMaxMs } = options;
  const faults: string[] = [];
  if (hotLikes !== undefined && hotLikes > likes) {
    faults.push(`--hot-likes (${hotLikes}) must be at most --likes (${likes})`);
  }
  if (hotLikes !== undefined && hotPercent === 0 && videos > 1) {
    faults.push("--hot-likes needs --hot-percent, which says how many viewers the hot video has");
  }
  if (hotPercent === 100 && videos > 1) {
    faults.push(
      `--hot-percent (100) leaves no viewers for the other videos of --videos (${videos})`,
    );
  }
  if (frameIntervalMinMs > frameIntervalMaxMs) {
    faults.push(
      `--frame-interval-max-ms (${frameIntervalMaxMs}) must be at least --frame-interval-min-ms (${frameIntervalMinMs})`,
    );
  }
  return faults;
}

function sizingHelp(): string {
  return [
    "Usage: ovation size [--flag value | --flag=value ...]",
    "",
    ...wrapped(
      "Calculates how many gateways, dispatchers and NATS servers an audience needs, and what NATS carries for it. docs/sizing.md explains the calculation. Write numbers out: 1000000, not 1e6.",
      0,
    ),
    "",
    helpGroup("The audience", audienceSettings, false),
    "",
    helpGroup("The deployment", deploymentSettings, false),
    "",
    helpGroup("Settings of gateways and dispatchers", productSettings, false),
    "",
    helpGroup("Measured cost of each operation", costSettings, false),
    "",
    helpGroup("Output", outputSettings, false),
  ].join("\n");
}
