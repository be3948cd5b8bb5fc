/**
 * How many connections a gateway holds: viewers, and others, such as those that have sent nothing
 * yet or are kept open between two HTTP requests. Each is an open file, and a process that has none
 * left can't accept a connection, nor refuse it.
 */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { clientShare } from "./client-share.ts";

/** Files for everything else: NATS, logs, the page, the ports, and connections being refused. */
const OTHER_FILES = 256;

/** The most that connections other than viewers' get where there are few files. */
const OTHERS_PART = 1 / 4;
/** What viewers always leave them, so that a full gateway can still say so. */
const RESERVED_PART = 1 / 20;

export type RoomConfig = Pick<
  GatewayConfig,
  "connectionsLimit" | "httpConnectionsLimit" | "connectionsPerAddress" | "clientSharePercent"
>;

export interface ConnectionRoom {
  /** All TCP connections. */
  readonly total: number;
  readonly viewers: number;
  readonly viewersPerAddress: number;
  /** Connections of one address that are not viewers'. */
  readonly othersPerAddress: number;
  /** Set when the process may not open enough files for what is configured. */
  readonly shortage: { readonly openFiles: number; readonly needed: number } | undefined;
}

/** @param openFiles how many files the process may open; undefined: any number */
export function connectionRoom(config: RoomConfig, openFiles: number | undefined): ConnectionRoom {
  const { connectionsLimit, httpConnectionsLimit, clientSharePercent: percent } = config;
  const wanted = connectionsLimit + httpConnectionsLimit;
  const needed = wanted + OTHER_FILES;
  const isShort = openFiles !== undefined && openFiles < needed;
  // In a process with very few files, half are for connections.
  const total = isShort ? Math.max(openFiles - OTHER_FILES, Math.floor(openFiles / 2), 1) : wanted;
  const part = (share: number) => Math.min(httpConnectionsLimit, Math.floor(total * share));
  const viewers = Math.min(connectionsLimit, total - part(RESERVED_PART));
  return {
    total,
    viewers,
    viewersPerAddress: Math.min(config.connectionsPerAddress, clientShare(viewers, percent)),
    othersPerAddress: clientShare(part(OTHERS_PART), percent),
    shortage: isShort ? { openFiles, needed } : undefined,
  };
}
