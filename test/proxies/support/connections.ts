/** The TCP connections between proxies and gateways, as Linux has them. */
import { readFile } from "node:fs/promises";
import { GATEWAY_HOSTS } from "./site.ts";

export interface TcpEnd {
  /** Which end of a connection this is. */
  readonly of: "proxy" | "gateway";
  /** `waiting`: this end has closed it first, and keeps it for a minute more (TIME-WAIT). */
  readonly state: "open" | "waiting" | "other";
}

/** Their numbers in /proc/net/tcp. */
const STATES: Readonly<Record<string, TcpEnd["state"]>> = { "01": "open", "06": "waiting" };

/** As /proc/net/tcp writes an IPv4 address and port. */
function written(host: string, port: number): string {
  const bytes = host.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `${bytes.reverse().join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

async function ends(port: number): Promise<readonly TcpEnd[]> {
  const gateways = GATEWAY_HOSTS.map((host) => written(host, port));
  const lines = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", remote = "", number = ""] = line.trim().split(/\s+/);
    const of = gateways.includes(remote) ? "proxy" : "gateway";
    if (of === "gateway" && !gateways.includes(local)) return [];
    return [{ of, state: STATES[number] ?? "other" } as const];
  });
}

/** Their proxies' ends: those that are open, and of the last minute those that proxies have closed. */
export async function connectionsToGateways(port: number): Promise<readonly TcpEnd[]> {
  return (await ends(port)).filter(({ of }) => of === "proxy");
}

/** As {@link connectionsToGateways}, the gateways' ends; what listens is `other`. */
export async function connectionsOfGateways(port: number): Promise<readonly TcpEnd[]> {
  return (await ends(port)).filter(({ of }) => of === "gateway");
}
