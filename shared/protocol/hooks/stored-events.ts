/**
 * Events as they wait for delivery, one message for some of one source and video. As msgpack:
 * `[1, epoch, upTo, mark, [[type, at, JSON], …]]`, or `[2, epoch, upTo, mark, compressed]`, where the
 * list in its msgpack encoding is compressed by gzip.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import type { HookEvent } from "./events.ts";

const VERSION = 1;
const COMPRESSED_VERSION = 2;
/** Far more than is stored at once, so that a message that somebody else wrote can't fill the memory. */
const LIMIT_BYTES = 67_108_864;

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

/**
 * @param limitBytes what is larger than this is compressed: an event in JSON may take six times the
 * bytes that were published
 */
export function encodeStoredEvents(
  { epoch, upTo, mark, events }: StoredEvents,
  limitBytes: number,
): Buffer {
  const entries = events.map(({ type, at, json }) => [type, at, json]);
  const plain = encodeMsgpack([VERSION, epoch, upTo, mark, entries]);
  if (plain.length <= limitBytes) return plain;
  const compressed = gzipSync(encodeMsgpack(entries));
  return encodeMsgpack([COMPRESSED_VERSION, epoch, upTo, mark, compressed]);
}

function listIn(version: unknown, entries: unknown): unknown {
  if (version === VERSION) return entries;
  if (version !== COMPRESSED_VERSION || !(entries instanceof Uint8Array)) return undefined;
  return decodeTrustedMsgpack(gunzipSync(entries, { maxOutputLength: LIMIT_BYTES }));
}

/** The inverse of {@link encodeStoredEvents}; undefined for a payload that isn't ours. */
export function decodeStoredEvents(payload: Uint8Array): StoredEvents | undefined {
  try {
    const value = decodeTrustedMsgpack(payload);
    if (!Array.isArray(value)) return undefined;
    const [version, epoch, upTo, mark, entries]: unknown[] = value;
    const list = listIn(version, entries);
    if (typeof epoch !== "string" || typeof upTo !== "number") return undefined;
    if (typeof mark !== "string" || !Array.isArray(list)) return undefined;
    return { epoch, upTo, mark, events: list.map(parseEvent).filter((one) => one !== undefined) };
  } catch {
    return undefined;
  }
}

function parseEvent(entry: unknown): WaitingEvent | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [type, at, json]: unknown[] = entry;
  if (typeof type !== "string" || typeof at !== "number" || typeof json !== "string") return;
  return { type, at, json };
}
