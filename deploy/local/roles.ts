/** How gateways and dispatchers are told what to do: their flags and their environment. */
import { join } from "node:path";
import { loadConfig } from "../../shared/config/load.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { KINDS_LIMIT, type Kind } from "../../shared/kinds.ts";
import { nodeFlags } from "../../shared/node-flags.ts";
import { PROBE_KIND } from "../demo/contract.ts";
import type { GivenNats } from "./options.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/**
 * On one small machine, with an audience of hundreds, frames that come 20 times a second leave the
 * processor time for those who look at it.
 */
const FRAME_INTERVAL_MS = 50;

/** The NATS that they use: the stack's own, or one that somebody else runs. */
export type NatsChoice = GivenNats | { readonly url: string };

export interface RoleProcess {
  readonly role: "gateway" | "dispatcher";
  readonly name: string;
  readonly opsPort: number;
}

/** What the roles have in common, as they will read it. */
export function commonConfig(env: NodeJS.ProcessEnv, nats: NatsChoice): CommonConfig {
  const loaded = loadConfig("gateway", [], { ...env, OVATION_NATS_URL: nats.url });
  if (loaded.outcome !== "config") throw new Error("no configuration");
  return loaded.config;
}

/** Their environment: what is not set there is set for a demo. */
export function roleEnv(
  env: NodeJS.ProcessEnv,
  { kinds }: CommonConfig,
  nats: NatsChoice,
): NodeJS.ProcessEnv {
  return {
    OVATION_FRAME_INTERVAL_MIN_MS: String(FRAME_INTERVAL_MS),
    ...env,
    OVATION_KINDS: kindsWithProbe(kinds),
    // By the environment, for a URL with a password in it is not for everybody to read.
    OVATION_NATS_URL: nats.url,
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
