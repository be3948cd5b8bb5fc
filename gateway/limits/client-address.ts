/**
 * Identifies a client by its address, for limits. Behind trusted proxies it is the last address in
 * `X-Forwarded-For` that is not one of theirs: the client may have forged everything left of it.
 */
import { BlockList, isIP, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { addressKey, type ClientKey } from "./client-key.ts";

/** The address of a peer that has already gone, which uWebSockets.js no longer knows. */
const UNKNOWN = "::";

/** The address of a peer, 4 or 16 bytes, as text; IPv4 in IPv6 is IPv4. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 0) return UNKNOWN;
  return ipaddr.process(ipaddr.fromByteArray([...bytes]).toString()).toString();
}

/** What counts as one client: an IPv4 address, or an IPv6 /64 network, which one household has. */
function clientAt(address: string): ClientKey {
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return addressKey(parsed.toString());
  const groups = parsed.parts.slice(0, 4).map((group) => group.toString(16));
  return addressKey(`${groups.join(":")}::/64`);
}

/** An address from `X-Forwarded-For`, which some proxies write with a port. */
function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry);
  if (bracketed !== null) return bracketed[1] ?? "";
  return /^[\d.]+:\d+$/.test(entry) ? entry.slice(0, entry.indexOf(":")) : entry;
}

export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #trustsAny: boolean;

  /** @param trustedProxies addresses and networks, already validated */
  constructor(trustedProxies: readonly string[]) {
    this.#trustsAny = trustedProxies.length > 0;
    for (const network of trustedProxies) {
      const [address = "", prefix] = network.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * @param peer the address of the connection's other end, 4 or 16 bytes
   * @param forwardedFor the header `X-Forwarded-For`, empty if there is none
   * @returns what the client is counted by
   */
  clientOf(peer: Uint8Array, forwardedFor: string): ClientKey {
    let address = addressText(peer);
    if (!this.#trustsAny || forwardedFor === "") return clientAt(address);
    const entries = forwardedFor.split(",").map((entry) => withoutPort(entry.trim()));
    while (this.#isTrusted(address)) {
      const next = entries.pop();
      // Entries left of anything that is not an address can't be trusted.
      if (next === undefined || isIP(next) === 0) break;
      address = ipaddr.process(next).toString();
    }
    return clientAt(address);
  }

  /** Whether a connection is from a trusted proxy. */
  isProxy(peer: Uint8Array): boolean {
    return this.#trustsAny && this.#isTrusted(addressText(peer));
  }

  #isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }
}
