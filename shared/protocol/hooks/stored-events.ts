/**
 * Events as they wait for delivery, one message for some of one source and video. As msgpack:
 * `[1, epoch, upTo, mark, [[type, at, JSON], …]]`.
 */
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import type { HookEvent } from "./events.ts";

const VERSION = 1;

/** An event as it will be sent. */
export interface WaitingEvent {
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly json: string;
}

export interface StoredEvents {
  /** The incarnation of the source that `upTo` belongs to. */
  readonly epoch: string;
  /** How far the source is collected with this message: its sequence, or whatever rises in it. */
  readonly upTo: number;
  /** What the source needs to know of the last message; empty where it needs nothing. */
  readonly mark: string;
  readonly events: readonly WaitingEvent[];
}

export function waitingEvent(event: HookEvent): WaitingEvent {
  return { type: event.type, at: event.at, json: JSON.stringify(event) };
}

export function encodeStoredEvents({ epoch, upTo, mark, events }: StoredEvents): Buffer {
  const entries = events.map(({ type, at, json }) => [type, at, json]);
  return encodeMsgpack([VERSION, epoch, upTo, mark, entries]);
}

/** The inverse of {@link encodeStoredEvents}; undefined for a payload that isn't ours. */
export function decodeStoredEvents(payload: Uint8Array): StoredEvents | undefined {
  let value: unknown;
  try {
    value = decodeTrustedMsgpack(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [version, epoch, upTo, mark, entries]: unknown[] = value;
  if (version !== VERSION || typeof epoch !== "string" || typeof upTo !== "number") return;
  if (typeof mark !== "string" || !Array.isArray(entries)) return undefined;
  return { epoch, upTo, mark, events: entries.map(parseEvent).filter((one) => one !== undefined) };
}

function parseEvent(entry: unknown): WaitingEvent | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [type, at, json]: unknown[] = entry;
  if (typeof type !== "string" || typeof at !== "number" || typeof json !== "string") return;
  return { type, at, json };
}
