/**
 * The position of an operation in a trace: W3C Trace Context, level 1
 * (https://www.w3.org/TR/trace-context-1/), as in the headers of HTTP and NATS.
 */

/** The headers' names. NATS headers are case-sensitive, and clients write them either way. */
export const TRACEPARENT = "traceparent";
export const TRACESTATE = "tracestate";

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The parent span of the work done here: 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the caller sampled this trace. */
  readonly isSampled: boolean;
  /** The `tracestate`: what tracing systems pass along; empty if nothing. */
  readonly state: string;
}

/** The id of a trace, where somebody records it. */
export function recordedTraceId(trace: TraceContext | undefined): string | undefined {
  return trace?.isSampled === true ? trace.traceId : undefined;
}

export const NO_TRACES: readonly TraceContext[] = Object.freeze([]);
/** How many traces one piece of work may belong to: one is the parent, the others are linked. */
export const TRACES_LIMIT = 32;
/** Bytes that {@link traceparentOf} takes in a message. */
export const TRACEPARENT_BYTES = 64;

/** Section 3.2: version, both ids, and flags; a later version may have more after a dash. */
const TRACEPARENT_PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** A longer header is ignored; one of version 00 has 55 characters. */
const TRACEPARENT_LIMIT = 256;
/** Section 3.3.1.1: the minimum that everyone should propagate. */
const STATE_LIMIT = 512;
const STATE_MEMBERS_LIMIT = 32;
/** Section 3.3.1.3. */
const STATE_MEMBER =
  /^([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const SAMPLED = 1;

/**
 * Parses both headers; pass "" for a missing one.
 * @returns undefined without a valid `traceparent`: the caller then starts a trace of its own
 * (section 4.3); an invalid `tracestate` is left out
 */
export function parseTraceContext(traceparent: string, tracestate = ""): TraceContext | undefined {
  if (traceparent === "" || traceparent.length > TRACEPARENT_LIMIT) return undefined;
  const match = TRACEPARENT_PATTERN.exec(traceparent);
  if (match === null) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = match;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
  return { traceId, spanId, isSampled, state: validState(tracestate) };
}

function validState(tracestate: string): string {
  if (tracestate.length > STATE_LIMIT) return "";
  const members = tracestate
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  const isSound = members.every((member) => STATE_MEMBER.test(member));
  return isSound && members.length <= STATE_MEMBERS_LIMIT ? members.join(",") : "";
}

/** The header, of version 00. */
export function traceparentOf({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
