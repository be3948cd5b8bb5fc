import type { ConfigOf, SettingGroup } from "./setting.ts";

/** A setting's text as given, and the flag or variable that gave it. */
export interface Given {
  readonly name: string;
  readonly text: string;
}

interface Values<G extends SettingGroup> {
  /** An invalid value is left out. */
  readonly values: Partial<ConfigOf<G>>;
  readonly faults: readonly string[];
}

/** The values of a group's settings: what is given is parsed, the rest has its default. */
export function valuesOf<G extends SettingGroup>(
  group: G,
  given: (key: string) => Given | undefined,
): Values<G> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [key, setting] of Object.entries(group)) {
    const one = given(key);
    const parsed = one && setting.schema.safeParse(one.text);
    if (parsed === undefined) values[key] = setting.default;
    else if (parsed.success) values[key] = parsed.data;
    else faults.push(...parsed.error.issues.map(({ message }) => `${one?.name} ${message}`));
  }
  // Each value was parsed by, or is the default of, the setting from which its type is inferred.
  return { values: values as Partial<ConfigOf<G>>, faults };
}

/** The defaults of a group's settings. */
export function defaultsOf<G extends SettingGroup>(group: G): ConfigOf<G> {
  const defaults = Object.entries(group).map(([key, setting]) => [key, setting.default]);
  return Object.fromEntries(defaults) as ConfigOf<G>;
}
