/** The flags and the environment of gateways and dispatchers. */
import { AUDIENCE_LIMITS, PROBE_KIND, REACTION_KIND } from "../../demo/contract.ts";
import { type NatsPasswords, type NatsUser, urlAs } from "../../kit/nats/access.ts";
import type { ServerRole } from "../../kit/role-process.ts";
import { loadConfig } from "../../shared/config/load.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { KINDS_LIMIT, type Kind } from "../../shared/protocol/kinds.ts";
import type { GivenNats } from "./options.ts";

/**
 * On one small machine, with an audience of hundreds, 20 frames a second leave processor time for the
 * browser that shows the page.
 */
const FRAME_INTERVAL_MS = 50;
/** The whole audience publishes from this machine, and its comments count as ten. */
const ADDRESS_PUBLISHES_PER_SECOND = 2 * AUDIENCE_LIMITS.likesPerSecond;

const DEMO_KINDS: readonly Kind[] = [
  { name: PROBE_KIND, deliveryClass: "transient" },
  { name: REACTION_KIND, deliveryClass: "transient", variants: "any" },
];

/**
 * Who may use the gateways: everybody, as the banner says, or who has a token.
 * @param secret what tokens are verified with; undefined: none are required
 */
function accessEnv(secret: string | undefined): NodeJS.ProcessEnv {
  return secret === undefined ? { OVATION_OPEN: "true" } : { OVATION_AUTH_SECRET: secret };
}

/** The NATS that they use: the stack's own, or one that the user runs. */
export type NatsChoice = GivenNats | { readonly url: string; readonly passwords?: NatsPasswords };

/** Drops the user's NATS login settings for the stack's own NATS: they are for another one. */
function envFor(nats: NatsChoice, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!("passwords" in nats)) return env;
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("OVATION_NATS_"));
  return Object.fromEntries(kept);
}

/** The URL with a user's login; the URL of a given NATS contains its login, or needs none. */
export function natsUrlOf(nats: NatsChoice, user: NatsUser): string {
  const isOwn = "passwords" in nats && nats.passwords !== undefined;
  return isOwn ? urlAs(nats.url, user, nats.passwords) : nats.url;
}

/** The settings common to both roles, as the roles will read them. */
export function commonConfig(
  env: NodeJS.ProcessEnv,
  nats: NatsChoice,
  secret?: string,
): CommonConfig {
  const loaded = loadConfig("gateway", [], {
    ...envFor(nats, env),
    ...accessEnv(secret),
    OVATION_NATS_URL: nats.url,
  });
  if (loaded.outcome !== "config") throw new Error("no configuration");
  return loaded.config;
}

/** The page's Content-Security-Policy: it may connect to its gateway and to the control server. */
export function pagePolicy(controlPort: number): string {
  const control = ["127.0.0.1", "localhost"].map((host) => `http://${host}:${controlPort}`);
  return [
    "default-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${control.join(" ")}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** A role's environment: the user's variables, with defaults for a demo. */
export function roleEnv(
  env: NodeJS.ProcessEnv,
  { kinds }: CommonConfig,
  nats: NatsChoice,
  role: ServerRole,
  secret?: string,
): NodeJS.ProcessEnv {
  return {
    OVATION_FRAME_INTERVAL_MIN_MS: String(FRAME_INTERVAL_MS),
    OVATION_ADDRESS_PUBLISHES_PER_SECOND: String(ADDRESS_PUBLISHES_PER_SECOND),
    ...envFor(nats, env),
    ...accessEnv(secret),
    OVATION_KINDS: kindsWithDemo(kinds),
    // In the environment, since everybody can read arguments, and the URL may contain a password.
    OVATION_NATS_URL: natsUrlOf(nats, role),
  };
}

/** A role's flags; the page finds the process of a row by its address in the table. */
export function roleFlags(role: ServerRole, name: string, more: readonly string[]): string[] {
  return role === "gateway" ? [...more, "--address", name] : [...more];
}

/** The configured kinds, and those of the demo that are not among them, as the setting is written. */
function kindsWithDemo(kinds: readonly Kind[]): string {
  const missing = DEMO_KINDS.filter(({ name }) => kinds.every((kind) => kind.name !== name));
  return [...kinds, ...missing]
    .slice(0, Math.max(kinds.length, KINDS_LIMIT))
    .map(({ name, deliveryClass, variants }) =>
      [name, deliveryClass, ...(variants === "any" ? ["any"] : [])].join(":"),
    )
    .join(",");
}
