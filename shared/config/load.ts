import { authFaults } from "./auth-settings.ts";
import { helpText } from "./describe.ts";
import { type ConfigByRole, crossChecks, crossCheckText, type Role, settingsOf } from "./roles.ts";
import { settingNames } from "./setting.ts";
import { readEnvironment, readFlags } from "./sources.ts";
import { togetherFaults } from "./together.ts";

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

  const faults = [...flags.faults, ...environment.faults];
  const values: Record<string, unknown> = {};
  const names: Record<string, string> = {};
  for (const [key, setting] of Object.entries(settingsOf(role))) {
    const given = flags.given.get(key) ?? environment.given.get(key);
    if (!given) {
      values[key] = setting.default;
      names[key] = `${settingNames(key).flag} (default ${setting.defaultText})`;
      continue;
    }
    const parsed = setting.schema.safeParse(given.text);
    if (parsed.success) {
      values[key] = parsed.data;
      names[key] = `${given.name} (${given.text})`;
    } else {
      faults.push(...parsed.error.issues.map((issue) => `${given.name} ${issue.message}`));
    }
  }
  for (const check of crossChecks) {
    const left = values[check.left];
    const right = values[check.right];
    // A setting that is invalid by itself, or that this role doesn't have, is not a number here.
    if (typeof left !== "number" || typeof right !== "number") continue;
    if (left < check.factor * right) faults.push(crossCheckText(check, (key) => names[key] ?? key));
  }
  const nameOf = (key: string) => (flags.given.get(key) ?? environment.given.get(key))?.name;
  faults.push(...togetherFaults(nameOf, (key) => settingNames(key).flag));
  if (role === "gateway") faults.push(...authFaults(values));
  if (faults.length > 0) throw new ConfigError(faults);
  return { outcome: "config", config: assembled<R>(values) };
}

/** A configuration for a test: defaults and overrides, frozen. Nothing is checked. */
export function configFor<R extends Role>(
  role: R,
  overrides: Partial<ConfigByRole[R]> = {},
): ConfigByRole[R] {
  const defaults = Object.entries(settingsOf(role)).map(([key, setting]) => [key, setting.default]);
  return assembled<R>({ ...Object.fromEntries(defaults), ...overrides });
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
