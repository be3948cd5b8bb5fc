/** The TCP connections between proxies and gateways, as Linux reports them. */
import { readFile } from "node:fs/promises";
import { GATEWAY_HOSTS } from "./site.ts";

export interface TcpEnd {
  /** Which end of a connection this is. */
  readonly of: "proxy" | "gateway";
  /** `waiting`: this end closed it first, and keeps it for another minute (TIME-WAIT). */
  readonly state: "open" | "waiting" | "other";
}

/** Their numbers in /proc/net/tcp. */
const STATES: Readonly<Record<string, TcpEnd["state"]>> = { "01": "open", "06": "waiting" };

/** An IPv4 address and port as written in /proc/net/tcp. */
function endpoint(host: string, port: number): string {
  const bytes = host.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `${bytes.reverse().join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

async function ends(port: number): Promise<readonly TcpEnd[]> {
  const gateways = GATEWAY_HOSTS.map((host) => endpoint(host, port));
  const lines = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", remote = "", number = ""] = line.trim().split(/\s+/);
    const of = gateways.includes(remote) ? "proxy" : "gateway";
    if (of === "gateway" && !gateways.includes(local)) return [];
    return [{ of, state: STATES[number] ?? "other" } as const];
  });
}

/** The proxies' ends: open ones, and those that proxies closed within the last minute. */
export async function connectionsToGateways(port: number): Promise<readonly TcpEnd[]> {
  return (await ends(port)).filter(({ of }) => of === "proxy");
}

/** Like {@link connectionsToGateways}, for the gateways' ends; listening sockets are `other`. */
export async function connectionsOfGateways(port: number): Promise<readonly TcpEnd[]> {
  return (await ends(port)).filter(({ of }) => of === "gateway");
}
