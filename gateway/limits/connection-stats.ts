/** How many connections there are, and how many were refused or closed, and why. */
import { closeCodes } from "../../shared/protocol/close-codes.ts";

/** How a request came: over a WebSocket or to open one, for an event stream, or any other over HTTP. */
export const WIRES = ["websocket", "http", "sse"] as const;
export type RequestWire = (typeof WIRES)[number];

export interface ConnectionStats {
  webSockets: number;
  eventStreams: number;
  opened: number;
  closed: number;
  /** Requests of viewers and backends. */
  readonly requests: Record<RequestWire, number>;
  /** What was refused, failed, or ended with an error, by its code. */
  readonly refused: Readonly<Record<RequestWire, Map<string, number>>>;
  /** Notices that a viewer did not get, since its buffer was full. */
  noticesDropped: number;
  /** WebSockets closed, by reason. */
  readonly closes: Map<string, number>;
}

export function emptyConnectionStats(): ConnectionStats {
  return {
    webSockets: 0,
    eventStreams: 0,
    opened: 0,
    closed: 0,
    requests: { websocket: 0, http: 0, sse: 0 },
    refused: { websocket: new Map(), http: new Map(), sse: new Map() },
    noticesDropped: 0,
    closes: new Map(),
  };
}

export function countRefused(
  { refused }: Pick<ConnectionStats, "refused">,
  wire: RequestWire,
  code: string,
): void {
  const counts = refused[wire];
  counts.set(code, (counts.get(code) ?? 0) + 1);
}

/** For connections with a session; one that finds the gateway full has none: it was refused. */
const { full: _, ...sessionCodes } = closeCodes;
const OUR_REASONS = new Map(Object.values(sessionCodes).map(({ code, reason }) => [code, reason]));
/** Sent by clients, or set by uWebSockets.js: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const OTHER_REASONS = new Map([
  [1_000, "client"],
  [1_001, "client"],
  [1_005, "client"],
  [1_006, "lost"],
]);

export const CLOSE_REASONS = [...OUR_REASONS.values(), "client", "lost", "other"];

/** Counts a WebSocket that was closed with this code, by one of few reasons. */
export function countClosed(stats: ConnectionStats, code: number): void {
  const reason = OUR_REASONS.get(code) ?? OTHER_REASONS.get(code) ?? "other";
  stats.closes.set(reason, (stats.closes.get(reason) ?? 0) + 1);
}
