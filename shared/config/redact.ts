import { type ConfigByRole, type Role, settingsOf } from "./roles.ts";

/**
 * A configuration as it may be logged: secrets become "[redacted]", and users and passwords are
 * removed from URLs. Unset settings are left out.
 */
export function redactedConfig<R extends Role>(
  role: R,
  config: ConfigByRole[R],
): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(config));
  const loggable: Record<string, unknown> = {};
  // By settings, not by values: a value without a setting is not logged.
  for (const [key, setting] of Object.entries(settingsOf(role))) {
    const value = values.get(key);
    if (value !== undefined) loggable[key] = setting.loggable(value);
  }
  return loggable;
}
