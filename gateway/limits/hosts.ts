/**
 * Which hosts a gateway answers as. A page of any name becomes same-origin with a gateway when its
 * name is made to resolve to the gateway's address (DNS rebinding). Where tokens are required, such a
 * page has none; an open gateway must go by the name.
 */
import { isIP } from "node:net";
import { ANY_HOST } from "../../shared/config/network-lists.ts";
import { hostOfOrigin, originPattern } from "../../shared/config/origins.ts";
import { OvationError } from "../../shared/protocol/errors.ts";

export interface HostsConfig {
  /** Whether no tokens are required. */
  readonly open: boolean;
  /** Names, patterns such as `*.example.com`, or {@link ANY_HOST}; empty if unset. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** `Host` without its port, in lower case and without the dot of a full name. */
function nameIn(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

/** No name resolves to these by DNS: addresses, and this machine's own name for itself. */
function isBeyondDns(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** The hosts of the pages that may use the gateway; such a page needs no trick. */
function hostsOf(origins: readonly string[]): readonly string[] {
  return origins.flatMap((origin) => {
    if (origin === "*") return [ANY_HOST];
    const pattern = originPattern(origin);
    return pattern === undefined ? (hostOfOrigin(origin) ?? []) : [`*${pattern.suffix}`];
  });
}

export class Hosts {
  readonly #allowsAll: boolean;
  readonly #names: ReadonlySet<string>;
  /** With the dot before them. */
  readonly #suffixes: readonly string[];

  constructor({ open, allowedHosts, allowedOrigins }: HostsConfig) {
    const isLimited = open || allowedHosts.length > 0;
    const allowed = isLimited ? [...allowedHosts, ...hostsOf(allowedOrigins)] : [ANY_HOST];
    this.#allowsAll = allowed.includes(ANY_HOST);
    this.#names = new Set(allowed.filter((one) => !one.startsWith("*")));
    this.#suffixes = allowed.filter((one) => one.startsWith("*.")).map((one) => one.slice(1));
  }

  /**
   * @param host the request's header
   * @throws OvationError host_refused
   */
  check(host: string): void {
    if (this.#allowsAll) return;
    const name = nameIn(host);
    if (isBeyondDns(name) || this.#names.has(name)) return;
    if (this.#suffixes.some((suffix) => name.endsWith(suffix))) return;
    const message = `the Host ${name} is not one of this gateway's: name it in the setting allowed-hosts (--allowed-hosts ${name})`;
    throw new OvationError("host_refused", message, { field: "Host" });
  }
}
