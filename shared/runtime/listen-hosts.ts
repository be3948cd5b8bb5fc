/** Which addresses a server listens on, from its setting. */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

type Interfaces = Readonly<NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, "family">[]>>;

/** Whether this machine has any IPv6 address, its own loopback included. */
export function hasIpv6(interfaces: Interfaces = networkInterfaces()): boolean {
  return Object.values(interfaces).some((all) => all?.some(({ family }) => family === "IPv6"));
}

/**
 * @param setting comma-separated addresses; `::` stands for all of the machine, IPv4 too
 * @returns each once; `0.0.0.0` for `::` where there is no IPv6
 */
export function listenHosts(setting: string, withIpv6 = hasIpv6()): readonly string[] {
  const hosts = setting.split(",").map((host) => host.trim());
  return [...new Set(hosts.map((host) => (host === "::" && !withIpv6 ? "0.0.0.0" : host)))];
}

/** The loopback addresses, as a setting. */
export function loopbackHosts(withIpv6 = hasIpv6()): string {
  return withIpv6 ? "127.0.0.1,::1" : "127.0.0.1";
}
