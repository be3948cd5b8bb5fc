import { isIP, isIPv4 } from "node:net";
import { originFault } from "./origins.ts";
import { quoted, reader, type Setting, setting } from "./setting.ts";

/** A word that an origin list accepts in place of an origin: see {@link originList}. */
export const SAME_ORIGIN = "same-origin";
/** Every page that a program on this machine serves. */
export const LOOPBACK = "loopback";
/** What a page has that was opened as a file; and a sandboxed frame of any site. */
export const NO_ORIGIN = "null";
const WORDS = [SAME_ORIGIN, LOOPBACK, NO_ORIGIN, "*"];

/** Origins of pages, patterns for them, and words that stand for several. */
export function originList(parts: {
  readonly default: readonly string[];
  readonly doc: string;
}): Setting<readonly string[]> {
  return setting<readonly string[]>({
    schema: reader((list, fault) => {
      const origins = entries(list);
      for (const origin of origins) {
        const why = WORDS.includes(origin) ? undefined : originFault(origin);
        if (why === undefined) continue;
        fault(
          `must hold origins such as https://example.com, https://*.example.com or capacitor://localhost, or ${WORDS.join(", ")}, but ${quoted(origin)} ${why}`,
        );
      }
      return origins;
    }),
    default: parts.default,
    defaultText: parts.default.join(","),
    allowed: `comma-separated origins, such as https://example.com:8443, https://*.example.com or capacitor://localhost, or ${WORDS.map((word) => `\`${word}\``).join(", ")}`,
    doc: parts.doc,
  });
}

/** The word of a {@link hostList} that stands for all hosts. */
export const ANY_HOST = "*";
/** Names and IPv4 addresses, or an IPv6 address in brackets. */
const HOST = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$|^\[[0-9a-f:.]+\]$/;

/** Hosts as `Host` names them, without a port, and patterns for those below a domain; none by default. */
export function hostList(parts: { readonly doc: string }): Setting<readonly string[]> {
  return setting<readonly string[]>({
    schema: reader((list, fault) => {
      const hosts = entries(list);
      for (const host of hosts) {
        if (host === ANY_HOST || HOST.test(host)) continue;
        fault(
          `must hold hosts in small letters without scheme and port, such as live.example.com or *.example.com, or *, but holds ${quoted(host)}`,
        );
      }
      return hosts;
    }),
    default: [],
    defaultText: undefined,
    allowed:
      "comma-separated hosts without ports, such as live.example.com or *.example.com, or `*`",
    doc: parts.doc,
  });
}

/** Addresses and networks (`10.0.0.0/8`, `fd00::/8`), none by default. */
export function networkList(parts: { readonly doc: string }): Setting<readonly string[]> {
  return setting<readonly string[]>({
    schema: reader((list, fault) => {
      const networks = entries(list);
      for (const network of networks) {
        if (!isNetwork(network)) {
          fault(`must hold addresses or networks such as 10.0.0.0/8, but holds ${quoted(network)}`);
        }
      }
      return networks;
    }),
    default: [],
    defaultText: undefined,
    allowed: "comma-separated addresses or networks, such as 10.0.0.0/8 or fd00::/8",
    doc: parts.doc,
  });
}

function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (isIP(address) === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128);
}

function entries(list: string): readonly string[] {
  return list.split(",").map((entry) => entry.trim());
}
