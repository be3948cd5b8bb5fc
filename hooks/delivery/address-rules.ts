/**
 * Where webhooks may go. A name is resolved when the connection is made, and the address is checked
 * then: a name that is public now may be an address of this network a moment later.
 */
import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

export interface AddressRules {
  /** Whether plain HTTP may be used beyond this machine. */
  readonly allowHttp: boolean;
  /** Whether addresses that are not public may be used. */
  readonly allowPrivate: boolean;
}

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/** An operator who names this machine means it. */
const isThisMachine = ({ hostname }: URL): boolean => LOOPBACK_HOSTS.includes(hostname);

/** Why nothing may be sent to a URL, as far as its text says; undefined: nothing is wrong. */
export function urlFault(text: string, rules: AddressRules): string | undefined {
  if (!URL.canParse(text)) return "must be a URL";
  const url = new URL(text);
  const { protocol, username, password, hash } = url;
  if (protocol !== "https:" && protocol !== "http:") return "must be an https URL";
  if (username !== "" || password !== "") return "must have no user and password";
  if (hash !== "") return "must have no fragment";
  if (protocol === "http:" && !rules.allowHttp && !isThisMachine(url)) {
    return "must be an https URL (http to this machine, or with --hooks-allow-http)";
  }
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isThisMachine(url) && !rules.allowPrivate && !isPublic(host)) {
    return "must not be a private address (unless with --hooks-allow-private)";
  }
  return undefined;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Whether an address can be reached from everywhere, so that it is nobody's own network. */
export function isPublic(address: string): boolean {
  // An IPv4 address within an IPv6 one counts as itself.
  return ipaddr.process(address).range() === "unicast";
}

/** Resolves the names of a URL for its connections, and refuses addresses that may not be used. */
export function guardedLookup(url: URL, rules: AddressRules): LookupFunction | undefined {
  if (rules.allowPrivate || isThisMachine(url)) return undefined;
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, "");
      const allowed = addresses.filter(({ address }) => isPublic(address));
      const [first] = allowed;
      if (first === undefined) return callback(new Error("its address is private"), "");
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
