import { authFaults } from "./auth-settings.ts";
import { helpText } from "./describe.ts";
import { type ConfigByRole, crossChecks, crossCheckText, type Role, settingsOf } from "./roles.ts";
import { type SettingGroup, settingNames } from "./setting.ts";
import { readEnvironment, readFlags } from "./sources.ts";
import { togetherFaults } from "./together.ts";
import { defaultsOf, valuesOf } from "./values.ts";

/** The outcome of reading these flags and this environment for a role. */
export type Loaded<R extends Role> =
  | { readonly outcome: "config"; readonly config: ConfigByRole[R] }
  | { readonly outcome: "help"; readonly text: string };

/** The configuration can't be used. The message names all faults at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super([`The configuration has ${count}:`, ...faults].join("\n  - "));
    this.faults = faults;
  }
}

/**
 * Reads a role's configuration: flags override the environment, which overrides the defaults.
 *
 * @param argv the arguments after the script's name
 * @returns the frozen configuration, or the help text if `--help` is among the flags
 * @throws ConfigError naming every unknown name, invalid value and broken rule
 */
export function loadConfig<R extends Role>(
  role: R,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Loaded<R> {
  const flags = readFlags(role, argv);
  if (flags.help) return { outcome: "help", text: helpText(role) };
  const environment = readEnvironment(role, env);

  const given = (key: string) => flags.given.get(key) ?? environment.given.get(key);
  const settings: SettingGroup = settingsOf(role);
  const { values, faults: invalid } = valuesOf(settings, given);
  const faults = [...flags.faults, ...environment.faults, ...invalid];
  const shown = (key: string) => {
    const { name, text } = given(key) ?? {
      name: settingNames(key).flag,
      text: `default ${settings[key]?.defaultText}`,
    };
    return `${name} (${text})`;
  };
  for (const check of crossChecks) {
    const left = values[check.left];
    const right = values[check.right];
    // A setting that is invalid by itself, or that this role doesn't have, is not a number here.
    if (typeof left !== "number" || typeof right !== "number") continue;
    if (left < check.factor * right) faults.push(crossCheckText(check, shown));
  }
  faults.push(
    ...togetherFaults(
      (key) => given(key)?.name,
      (key) => settingNames(key).flag,
    ),
  );
  if (role === "gateway") faults.push(...authFaults(values));
  if (faults.length > 0) throw new ConfigError(faults);
  return { outcome: "config", config: assembled<R>(values) };
}

/** A configuration for a test: defaults and overrides, frozen. Nothing is checked. */
export function configFor<R extends Role>(
  role: R,
  overrides: Partial<ConfigByRole[R]> = {},
): ConfigByRole[R] {
  return assembled<R>({ ...defaultsOf(settingsOf(role)), ...overrides });
}

/**
 * The one place where values by key become a typed configuration. The compiler can't follow it:
 * each value is the output of the schema, or the default, of the setting that its type comes from.
 */
function assembled<R extends Role>(values: Record<string, unknown>): ConfigByRole[R] {
  return frozenCopy(values) as ConfigByRole[R];
}

/** Copies, so that freezing never affects a default or a caller's own array. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (typeof value !== "object" || value === null) return value;
  const copies = Object.entries(value).map(([key, one]) => [key, frozenCopy(one)]);
  return Object.freeze(Object.fromEntries(copies));
}
