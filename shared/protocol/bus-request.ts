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
  let size = STAMP_BYTES + (isList ? LIST_HEAD_BYTES : 0);
  for (const { bytes } of events) size += bytes.length;
  const request = Buffer.allocUnsafe(size);
  let end = isList ? writeListHead(request, events.length) : 0;
  for (const [index, { bytes }] of events.entries()) {
    request.set(bytes, end);
    // An event has few fields: one more still fits into the first byte.
    if (index === 0) request[end] = (bytes[0] ?? 0) + 1;
    end += bytes.length;
    if (index === 0) end = writeStamp(request, end, publishedAt);
  }
  return request.subarray(0, end);
}

function writeListHead(request: Buffer, count: number): number {
  if (count < SHORT_LIMIT) return request.writeUInt8(SHORT_LIST + count, 0);
  return request.writeUInt16BE(count, request.writeUInt8(LIST16, 0));
}

function writeStamp(request: Buffer, at: number, publishedAt: number): number {
  request.set(KEY, at);
  return request.writeDoubleBE(publishedAt, request.writeUInt8(FLOAT64, at + KEY.length));
}

/** The time on a decoded request; undefined when there is no valid one. */
export function publishedAtOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first !== "object" || first === null || !("publishedAt" in first)) return undefined;
  const at = first.publishedAt;
  return typeof at === "number" && Number.isFinite(at) ? at : undefined;
}
