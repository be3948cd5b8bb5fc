/** How a gateway or a dispatcher is run as a process of its own. */
import { join } from "node:path";
import { nodeFlags } from "../shared/runtime/node-flags.ts";
import { childLaunch } from "./child.ts";
import type { LogFile } from "./log-file.ts";
import type { Launch } from "./managed-process.ts";

const ROOT = join(import.meta.dirname, "..");
const HOST = "127.0.0.1";

export type ServerRole = "gateway" | "dispatcher" | "hooks";

/** Node's arguments: its flags, the role's script, and the role's flags. */
export function roleArgs(role: ServerRole, flags: readonly string[]): string[] {
  return [...nodeFlags(role), join(ROOT, role, "main.ts"), ...flags];
}

/** Where a process on this machine serves its health and metrics. */
export function opsUrl(opsPort: number): string {
  return `http://${HOST}:${opsPort}`;
}

interface RoleLaunchOptions {
  readonly role: ServerRole;
  /** The port of its health and metrics, on the loopback interface. */
  readonly opsPort: number;
  readonly flags: readonly string[];
  /** More flags for node. */
  readonly nodeFlags?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: LogFile;
}

export function roleLaunch(options: RoleLaunchOptions): Launch {
  const { role, opsPort, flags, nodeFlags: moreNodeFlags = [], env, log } = options;
  const ops = ["--ops-host", HOST, "--ops-port", String(opsPort)];
  return childLaunch({
    args: [...moreNodeFlags, ...roleArgs(role, [...ops, ...flags])],
    env,
    readyUrl: `${opsUrl(opsPort)}/readyz`,
    log,
  });
}
