import { type ConfigByRole, type Role, settingsOf } from "./roles.ts";

/**
 * A configuration as it may be logged: secrets become "[redacted]", and users and passwords are
 * taken out of URLs. Settings that are unset are left out.
 */
export function redactedConfig<R extends Role>(
  role: R,
  config: ConfigByRole[R],
): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(config));
  const loggable: Record<string, unknown> = {};
  // By the settings and not by the values: what is no setting is not logged either.
  for (const [key, setting] of Object.entries(settingsOf(role))) {
    const value = values.get(key);
    if (value !== undefined) loggable[key] = setting.loggable(value);
  }
  return loggable;
}
