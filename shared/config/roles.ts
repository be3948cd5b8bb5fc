import { gatewaySettings } from "./gateway-settings.ts";
import { hooksSettings } from "./hooks-settings.ts";
import type { SettingGroup } from "./setting.ts";
import {
  commonSettings,
  type DispatcherConfig,
  type DoctorConfig,
  dispatcherSettings,
  doctorSettings,
  type GatewayConfig,
  type HooksConfig,
  type KindsConfig,
  kindsSettings,
  type OpsConfig,
  opsSettings,
  type StoreConfig,
  storeSettings,
} from "./settings.ts";

/** The configuration of each role. */
export interface ConfigByRole {
  readonly gateway: GatewayConfig;
  readonly dispatcher: DispatcherConfig;
  readonly hooks: HooksConfig;
  readonly doctor: DoctorConfig;
  readonly kinds: KindsConfig;
  readonly store: StoreConfig;
  readonly ops: OpsConfig;
}

export type Role = keyof ConfigByRole;

export const ROLES: readonly Role[] = [
  "gateway",
  "dispatcher",
  "hooks",
  "doctor",
  "kinds",
  "store",
  "ops",
];

/** The settings that only this role has. */
export const roleSettings: Readonly<Record<Role, SettingGroup>> = {
  gateway: gatewaySettings,
  dispatcher: dispatcherSettings,
  hooks: hooksSettings,
  doctor: doctorSettings,
  kinds: kindsSettings,
  store: storeSettings,
  ops: opsSettings,
};

/** All settings of a role: the common ones and its own. */
export function settingsOf(role: Role): SettingGroup {
  return { ...commonSettings, ...roleSettings[role] };
}

/** The roles that are not this one. */
export function otherRoles(role: Role): readonly Role[] {
  return ROLES.filter((other) => other !== role);
}

/** A rule about two settings: `left` must be at least `factor` times `right`. */
export interface CrossCheck {
  readonly left: keyof GatewayConfig;
  readonly factor: number;
  readonly right: keyof GatewayConfig;
}

/** Checked for every role that has both settings. */
export const crossChecks: readonly CrossCheck[] = [
  { left: "frameIntervalMaxMs", factor: 1, right: "frameIntervalMinMs" },
  { left: "cutOffByeMs", factor: 1, right: "cutOffNoticeMs" },
  // A viewer gets a second ping before it is given up.
  { left: "idleTimeoutMs", factor: 2, right: "pingIntervalMs" },
  // Two renewals may be lost before a live gateway counts as dead.
  { left: "leaseMs", factor: 3, right: "leaseRenewMs" },
];

/** The rule in words, with each setting named by `name`. */
export function crossCheckText(check: CrossCheck, name: (key: string) => string): string {
  const times = check.factor === 1 ? "" : `${check.factor} times `;
  return `${name(check.left)} must be at least ${times}${name(check.right)}`;
}
