/**
 * Origins of pages (https://html.spec.whatwg.org/#origin), in one form for settings and for what
 * browsers send, and patterns for the hosts of one domain.
 */
import { getPublicSuffix } from "tldts";

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };
/** Of http and https; the scheme's default port is removed. */
const WEB_ORIGIN =
  /^(?<scheme>https?):\/\/(?<host>[^\s/?#@:[\]*]+|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?$/;
/** Of apps and extensions, such as `capacitor://localhost`; Android's `file://` has no host. */
const APP_ORIGIN =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)?(?::\d{1,5})?$/;
/** Schemes of addresses that are never a page's. */
const NO_PAGE = ["ws", "wss", "ftp", "data", "blob", "javascript", "about"];
const PATTERN = /^(?<scheme>https?):\/\/\*\.(?<domain>[^\s/?#@:[\]*]+)(?::(?<port>\d{1,5}))?$/;
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** All hosts below a domain, at one scheme and port. */
export interface OriginPattern {
  readonly scheme: string;
  /** With the dot before it. */
  readonly suffix: string;
  /** Empty for the scheme's default. */
  readonly port: string;
}

function portOf(scheme: string, port: string | undefined): string {
  return port === undefined || port === DEFAULT_PORTS[scheme] ? "" : port;
}

/** The origin without its scheme's default port; unchanged, if it is not of http or https. */
export function canonicalOrigin(text: string): string {
  const { scheme = "", host = "", port } = WEB_ORIGIN.exec(text)?.groups ?? {};
  if (host === "") return text;
  const more = portOf(scheme, port);
  return more === "" ? `${scheme}://${host}` : `${scheme}://${host}:${more}`;
}

/** The host of an origin, without its port; undefined for a word, a pattern or one without a host. */
export function hostOfOrigin(text: string): string | undefined {
  return (WEB_ORIGIN.exec(text) ?? APP_ORIGIN.exec(text))?.groups?.["host"];
}

/** Whether a page of this origin was served by this machine, on whatever port. */
export function isLoopbackOrigin(origin: string): boolean {
  const host = WEB_ORIGIN.exec(origin)?.groups?.["host"] ?? "";
  return /^(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
}

/** @returns undefined when the text isn't a pattern */
export function originPattern(text: string): OriginPattern | undefined {
  const { scheme = "", domain, port } = PATTERN.exec(text)?.groups ?? {};
  if (domain === undefined) return undefined;
  return { scheme, suffix: `.${domain}`, port: portOf(scheme, port) };
}

/** Whether the host is one or more labels below the pattern's domain, and the rest is equal. */
export function matchesPattern({ scheme, suffix, port }: OriginPattern, origin: string): boolean {
  const groups = WEB_ORIGIN.exec(origin)?.groups;
  if (groups === undefined || groups["scheme"] !== scheme) return false;
  if (portOf(scheme, groups["port"]) !== port) return false;
  const host = groups["host"] ?? "";
  return host.endsWith(suffix) && LABELS.test(host.slice(0, -suffix.length));
}

/**
 * Whether a page of this origin was served by the host that `Host` names. A port missing in `Host`
 * is the default of the page's scheme: TLS may be terminated in front of the gateway.
 */
export function isOriginOfHost(origin: string, host: string): boolean {
  const { scheme = "" } = WEB_ORIGIN.exec(origin.toLowerCase())?.groups ?? {};
  if (scheme === "") return false;
  const named = `${scheme}://${host.toLowerCase().replace(/:$/, "")}`;
  if (!WEB_ORIGIN.test(named)) return false;
  return canonicalOrigin(named) === canonicalOrigin(origin.toLowerCase());
}

/** Why a setting may not name this as an origin or a pattern of some; undefined when it may. */
export function originFault(text: string): string | undefined {
  if (text === "") return "is empty";
  const scheme = /^([^:]*):\/\//.exec(text)?.[1];
  if (scheme === undefined) return "has no scheme, such as https://";
  if (text !== text.toLowerCase()) return "has capital letters, which no browser sends";
  if (NO_PAGE.includes(scheme)) return `has a scheme that no page has: ${scheme}`;
  if (text.includes("*")) return patternFault(text);
  if (/^[^:]*:\/\/[^/?#]*[/?#]/.test(text))
    return "has a path: an origin ends with its host or port";
  if (text.includes("@")) return "has a user: an origin is a scheme, a host and a port";
  if (!(scheme in DEFAULT_PORTS)) {
    const isApp = APP_ORIGIN.test(text) && (scheme === "file" || !text.endsWith("://"));
    return isApp ? undefined : "is not of the form scheme://host";
  }
  if (!isCanonicalHost(text)) return "has a host or port that no browser sends in this form";
  return undefined;
}

function patternFault(text: string): string | undefined {
  const domain = originPattern(text)?.suffix.slice(1);
  if (domain === undefined) {
    return "has a * that is not the first label of an http or https host, as in https://*.example.com";
  }
  if (!isCanonicalHost(text.replace("*.", "")) || !LABELS.test(domain)) {
    return "has a domain or port that no browser sends in this form";
  }
  if (/^\d+$/.test(domain.slice(domain.lastIndexOf(".") + 1))) return "has a * before an address";
  // Only this machine is below it.
  if (domain === "localhost") return undefined;
  if (getPublicSuffix(domain, { allowPrivateDomains: true }) !== domain) return undefined;
  return `would admit everybody's pages below ${domain}: name a domain of your own`;
}

/** Whether a browser would write it in this form, apart from a default port. */
function isCanonicalHost(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === canonicalOrigin(text);
}
