/** How gateways and dispatchers are told what to do: their flags and their environment. */
import { join } from "node:path";
import { PROBE_KIND } from "../../demo/contract.ts";
import { type NatsPasswords, type NatsUser, urlAs } from "../../kit/nats/access.ts";
import { loadConfig } from "../../shared/config/load.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { KINDS_LIMIT, type Kind } from "../../shared/protocol/kinds.ts";
import { nodeFlags } from "../../shared/runtime/node-flags.ts";
import type { GivenNats } from "./options.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/**
 * On one small machine, with an audience of hundreds, frames that come 20 times a second leave the
 * processor time for those who look at it.
 */
const FRAME_INTERVAL_MS = 50;

/** A demo asks nobody for a token; the banner says so. */
const OPEN_ENV = { OVATION_OPEN: "true" };

/** The NATS that they use: the stack's own, or one that somebody else runs. */
export type NatsChoice = GivenNats | { readonly url: string; readonly passwords?: NatsPasswords };

export interface RoleProcess {
  readonly role: "gateway" | "dispatcher";
  readonly name: string;
  readonly opsPort: number;
}

/** Which login to NATS somebody has set is for a NATS of theirs, and not for the stack's own. */
function envFor(nats: NatsChoice, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!("passwords" in nats)) return env;
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("OVATION_NATS_"));
  return Object.fromEntries(kept);
}

/** The URL by which a user logs in; a NATS that is given has its login in the URL, or needs none. */
export function natsUrlOf(nats: NatsChoice, user: NatsUser): string {
  const isOwn = "passwords" in nats && nats.passwords !== undefined;
  return isOwn ? urlAs(nats.url, user, nats.passwords) : nats.url;
}

/** What the roles have in common, as they will read it. */
export function commonConfig(env: NodeJS.ProcessEnv, nats: NatsChoice): CommonConfig {
  const loaded = loadConfig("gateway", [], {
    ...envFor(nats, env),
    ...OPEN_ENV,
    OVATION_NATS_URL: nats.url,
  });
  if (loaded.outcome !== "config") throw new Error("no configuration");
  return loaded.config;
}

/** What the page may do: it talks to its gateway, and to the stack by a port of this machine. */
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

/** Their environment: what is not set there is set for a demo. */
export function roleEnv(
  env: NodeJS.ProcessEnv,
  { kinds }: CommonConfig,
  nats: NatsChoice,
  role: RoleProcess["role"],
): NodeJS.ProcessEnv {
  return {
    OVATION_FRAME_INTERVAL_MIN_MS: String(FRAME_INTERVAL_MS),
    ...envFor(nats, env),
    ...OPEN_ENV,
    OVATION_KINDS: kindsWithProbe(kinds),
    // By the environment, for a URL with a password in it is not for everybody to read.
    OVATION_NATS_URL: natsUrlOf(nats, role),
  };
}

/** What node is to run, and with what. */
export function roleArgs({ role, name, opsPort }: RoleProcess, more: readonly string[]): string[] {
  // By its address in the table, the page finds the process of a row.
  const address = role === "gateway" ? ["--address", name] : [];
  const ops = ["--ops-host", "127.0.0.1", "--ops-port", String(opsPort)];
  return [...nodeFlags(role), join(ROOT, role, "main.ts"), ...more, ...address, ...ops];
}

function kindsWithProbe(kinds: readonly Kind[]): string {
  const isFull = kinds.some(({ name }) => name === PROBE_KIND) || kinds.length >= KINDS_LIMIT;
  const all = isFull ? kinds : [...kinds, { name: PROBE_KIND, deliveryClass: "transient" }];
  return all.map(({ name, deliveryClass }) => `${name}:${deliveryClass}`).join(",");
}
