/** How many connections there are, and how many were refused or closed, and why. */
import { closeCodes } from "../../shared/protocol/close-codes.ts";

export interface ConnectionStats {
  webSockets: number;
  eventStreams: number;
  opened: number;
  closed: number;
  /** Requests of viewers and backends, and those refused by error code. */
  requests: number;
  readonly refused: Map<string, number>;
  /** WebSockets closed, by reason. */
  readonly closes: Map<string, number>;
}

export function emptyConnectionStats(): ConnectionStats {
  return {
    webSockets: 0,
    eventStreams: 0,
    opened: 0,
    closed: 0,
    requests: 0,
    refused: new Map(),
    closes: new Map(),
  };
}

export function countRefused(stats: ConnectionStats, code: string): void {
  stats.refused.set(code, (stats.refused.get(code) ?? 0) + 1);
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
