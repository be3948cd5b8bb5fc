/**
 * Refuses what two parsers could read differently (RFC 9112 section 11.2): what a proxy takes for a
 * body may be a request here, or the other way round. uWebSockets.js uses the first of several
 * headers and is lax about chunks, so neither is left to it (docs/conformance.md).
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { RawRequest } from "./raw-http.ts";

type RequestHead = Pick<
  RawRequest,
  "forEach" | "getCaseSensitiveMethod" | "getHeader" | "getQuery" | "getUrl"
>;

/** Headers that are read here and have one value; of others, several lines are one list. */
const SINGLE: ReadonlySet<string> = new Set([
  "access-control-request-method",
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "last-event-id",
  "origin",
  "traceparent",
  "upgrade",
]);
/** Each at most once, though a list of subprotocols could be split: no client does so. */
const HANDSHAKE_PREFIX = "sec-websocket-";
/** Decimal digits (RFC 9110 section 8.6), of a number that JavaScript can hold. */
const LENGTH = /^\d{1,15}$/;
/** A name or an address and perhaps a port (RFC 9110 section 7.2), but no list. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

/** A method (RFC 9110 section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** A path or query (RFC 3986): nothing but visible ASCII. */
const TARGET = /^[!-~]*$/;
/** In a value, only tabs are allowed (RFC 9110 section 5.5). */
const CONTROL = /[^\P{Cc}\t\x80-\x9f]/u;

function ambiguous(field: string, problem: string): OvationError {
  return new OvationError("head_ambiguous", `${field} ${problem}`, { field });
}

function valueFault(name: string, value: string): OvationError | undefined {
  if (name === "transfer-encoding") return new OvationError("transfer_encoding_unsupported");
  if (name === "content-length" && !LENGTH.test(value)) {
    return ambiguous(name, "is not a number of 1 to 15 digits");
  }
  if (name === "host" && !HOST.test(value)) {
    return ambiguous(name, "is not one host, with or without a port");
  }
  return CONTROL.test(value) ? ambiguous(name, "has a control character") : undefined;
}

function lineFault(request: RequestHead): OvationError | undefined {
  if (!TOKEN.test(request.getCaseSensitiveMethod())) return ambiguous("method", "is not a word");
  if (TARGET.test(request.getUrl()) && TARGET.test(request.getQuery() ?? "")) return undefined;
  return ambiguous("target", "is not in ASCII without spaces");
}

/**
 * Why a request must not be carried out, nor any other on its connection; undefined if it may be.
 * Call it while the request's handler runs.
 */
export function headFault(request: RequestHead): OvationError | undefined {
  let fault = lineFault(request);
  const seen = new Set<string>();
  request.forEach((name, value) => {
    if (fault !== undefined) return;
    fault = valueFault(name, value);
    if (!SINGLE.has(name) && !name.startsWith(HANDSHAKE_PREFIX)) return;
    if (seen.has(name)) fault ??= ambiguous(name, "is there more than once");
    seen.add(name);
  });
  return fault;
}

/**
 * The same for a WebSocket handshake. It must not have a body: what follows it would be read as
 * frames here, and as the body elsewhere.
 */
export function handshakeFault(request: RequestHead): OvationError | undefined {
  const fault = headFault(request);
  if (fault !== undefined || Number(request.getHeader("content-length")) === 0) return fault;
  return ambiguous("content-length", "is not 0: a WebSocket handshake has no body");
}
