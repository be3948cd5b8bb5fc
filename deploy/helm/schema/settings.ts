/**
 * The settings of the roles, as the chart takes them: what a role would refuse at its start, Helm refuses
 * when it renders.
 */
import { roleSettings } from "../../../shared/config/roles.ts";
import { type SettingGroup, settingNames } from "../../../shared/config/setting.ts";
import { commonSettings } from "../../../shared/config/settings.ts";
import type { Schemas, ValueSchema } from "./json.ts";

/** By flag, without the dashes. */
function schemasOf(group: SettingGroup): Schemas {
  const entries = Object.entries(group).map(([key, { json }]) => [
    settingNames(key).flag.slice(2),
    json,
  ]);
  return Object.fromEntries(entries);
}

function settings(description: string, ...groups: readonly SettingGroup[]): ValueSchema {
  return {
    type: "object",
    description,
    default: {},
    additionalProperties: false,
    // As settings: they are documented elsewhere, so they have neither a description nor a default here.
    properties: Object.assign({}, ...groups.map(schemasOf)),
  };
}

export const commonValues = settings(
  'Settings of both roles, by their flags without the dashes: `{kinds: "like:transient,comment:durable"}`. docs/configuration.md lists them; others, and values outside their limits, are refused by name. The chart itself sets nats-url, drain-ms, ops-port, table-replicas and history-replicas. Secret ones belong in Secrets: see `auth`, `nats.login` and `gateway.envFromSecret`.',
  commonSettings,
);

/** The settings of one role: the common ones and its own. */
export function settingsValue(
  role: "gateway" | "dispatcher" | "hooks",
  example: string,
): ValueSchema {
  return settings(
    `Settings of the ${role === "hooks" ? "instances" : `${role}s`}, by their flags without the dashes: \`${example}\`. They take precedence over \`settings\`.`,
    commonSettings,
    roleSettings[role],
  );
}
