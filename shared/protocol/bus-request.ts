/**
 * Requests to publish, as they go over the bus. Each event is encoded alone, before it joins others
 * of other publishers in a list: so one that can't be encoded fails nobody else's.
 */
import type { RequestEvent } from "./events.ts";
import { encodeMsgpack } from "./wire/codec.ts";

/** Maps and lists of fewer than 16 items have their length in their first byte. */
const SHORT_LIST = 0x90;
const SHORT_LIMIT = 16;
const LIST16 = 0xdc;
const LIST_HEAD_BYTES = 3;

const KEY = encodeMsgpack("publishedAt");
const FLOAT64 = 0xcb;
const STAMP_BYTES = KEY.length + 9;

/** An event of a request, and its bytes. */
export interface EncodedEvent {
  readonly input: RequestEvent;
  readonly bytes: Uint8Array;
}

/** The bytes of an event that was checked. */
export function encodeEvent(input: RequestEvent): Buffer {
  return encodeMsgpack(input);
}

/**
 * The request with these events: a single one, or a list of up to 65,535.
 * @param publishedAt when the first of them was published, in milliseconds since 1970: it is set as
 * a field of its own on the first event, and is for the metrics only. A service may set it too.
 */
export function encodeRequest(events: readonly EncodedEvent[], publishedAt: number): Buffer {
  const isList = events.length !== 1;
  const headBytes = isList ? (events.length < SHORT_LIMIT ? 1 : LIST_HEAD_BYTES) : 0;
  let size = headBytes + STAMP_BYTES;
  for (const { bytes } of events) size += bytes.length;
  const request = Buffer.allocUnsafe(size);
  if (isList) writeListHead(request, events.length);
  let end = headBytes;
  for (const { bytes } of events) {
    request.set(bytes, end);
    end += bytes.length;
    if (end - bytes.length > headBytes) continue;
    // The first one. An event has few fields: one more still fits into the first byte.
    request[headBytes] = (bytes[0] ?? 0) + 1;
    end = writeStamp(request, end, publishedAt);
  }
  return request;
}

function writeListHead(request: Buffer, count: number): void {
  if (count < SHORT_LIMIT) request[0] = SHORT_LIST + count;
  else request.writeUInt16BE(count, request.writeUInt8(LIST16, 0));
}

function writeStamp(request: Buffer, at: number, publishedAt: number): number {
  request.set(KEY, at);
  request[at + KEY.length] = FLOAT64;
  return request.writeDoubleBE(publishedAt, at + KEY.length + 1);
}

/** The time on a decoded request; undefined when there is no valid one. */
export function publishedAtOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first !== "object" || first === null || !("publishedAt" in first)) return undefined;
  const at = first.publishedAt;
  return typeof at === "number" && Number.isFinite(at) ? at : undefined;
}
