/**
 * A dispatcher's message to a gateway about one video. Each event is already encoded as viewers get
 * it, along with the few fields that a gateway needs, so that the bytes pass from the dispatcher to
 * the socket without being decoded. Five forms, msgpack:
 *
 * - events that are not durable:
 *   `[1, [[kind, class, event bytes, repeat key or nil, variant?], …], traceparent?]`
 *   for one actor alone: `[kind, class, event bytes, nil, nil, actor]`
 *   of state: `[kind, class, event bytes, nil, name, revision, whether it was removed]`
 * - a stored record of durable events, see history/record.ts: `[2, …, traceparent?]`
 * - how far the video's chain goes, without its events: `[3, seq]`
 * - the video's totals, see totals/totals-document.ts: `[4, totals]`
 * - a sample of transient events, and how many more there were, see counted-events.ts:
 *   `[5, [[kind, class, event bytes, repeat key or nil, variant?], …], counted, traceparent?]`
 *
 * Each may end with two more numbers: the timestamps of hops.ts.
 */

import type { Stamps } from "../runtime/hops.ts";
import {
  parseTraceContext,
  type TraceContext,
  traceparentOf,
} from "../runtime/tracing/trace-context.ts";
import { type CountedEvents, countedEntries, parseCountedEntries } from "./counted-events.ts";
import {
  parseStoredRecord,
  RECORD_LENGTH,
  RECORD_VERSION,
  type StoredRecord,
} from "./history/record.ts";
import type { DeliveryClass } from "./kinds.ts";
import type { VideoTotals } from "./totals/totals.ts";
import { decodeTotalsDocument, encodeTotals } from "./totals/totals-document.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "./wire/codec.ts";
import {
  binarySize,
  FLOAT_SIZE,
  headSize,
  MsgpackWriter,
  textSize,
} from "./wire/msgpack-writer.ts";

const EVENTS_VERSION = 1;
const HEAD_VERSION = 3;
const TOTALS_VERSION = 4;
const SAMPLE_VERSION = 5;
const CLASSES = ["transient", "latest", "state"] as const satisfies readonly DeliveryClass[];

/** The trace that a message belongs to, if it names one. */
interface Traced {
  readonly trace: TraceContext | undefined;
}

/** A dispatcher's message, by its form. */
export type FanoutMessage = (
  | ({
      readonly form: "events";
      readonly events: FanoutEvent[];
      /** Further events, which are only counted. */
      readonly counted?: readonly CountedEvents[];
    } & Traced)
  | ({ readonly form: "record"; readonly record: StoredRecord } & Traced)
  | { readonly form: "head"; readonly seq: number }
  | { readonly form: "totals"; readonly totals: VideoTotals }
) & { readonly stamps?: Stamps | undefined };

/** An event that is not part of the history, on its way from a dispatcher to viewers. */
export interface FanoutEvent {
  readonly kind: string;
  readonly deliveryClass: (typeof CLASSES)[number];
  /** The event as msgpack, as viewers get it. */
  readonly bytes: Uint8Array;
  /** Tells a repeat from another event: only an event whose publisher gave its id has one. */
  readonly repeatKey?: string | undefined;
  /** Of a kind that has variants. */
  readonly variant?: string | undefined;
  /** Of an event of state. */
  readonly state?: StateMark;
  /** The only actor who may see it. */
  readonly onlyFor?: string;
}

/** Which value an event of state brings, and as of which revision of the video's document. */
export interface StateMark {
  readonly name: string;
  readonly revision: number;
  /** The name has no value any more. */
  readonly isRemoval: boolean;
}

type Entry =
  | [
      kind: string,
      deliveryClass: number,
      bytes: Uint8Array,
      repeatKey?: string | null,
      variant?: string | null,
      onlyFor?: string,
    ]
  | [
      kind: string,
      deliveryClass: number,
      bytes: Uint8Array,
      repeatKey: null,
      name: string,
      revision: number,
      isRemoval: boolean,
    ];

/** How many elements each form has without a trace and timestamps. */
const LENGTHS: Readonly<Record<number, number>> = {
  [EVENTS_VERSION]: 2,
  [RECORD_VERSION]: RECORD_LENGTH,
  [HEAD_VERSION]: 2,
  [TOTALS_VERSION]: 2,
  [SAMPLE_VERSION]: 3,
};
const FLOAT64 = 0xcb;
const STAMPS_BYTES = 18;

/**
 * An encoded message with timestamps: a copy, since a record's own bytes are also stored. The
 * list's first byte holds its length, which is below 14.
 */
export function withTimestamps(payload: Uint8Array, { sentAt, publishedAt }: Stamps): Buffer {
  const copy = Buffer.allocUnsafe(payload.length + STAMPS_BYTES);
  copy.set(payload);
  copy[0] = (payload[0] ?? 0) + 2;
  let end = payload.length;
  for (const stamp of [sentAt, publishedAt]) {
    end = copy.writeUInt8(FLOAT64, end);
    end = copy.writeDoubleBE(stamp, end);
  }
  return copy;
}

/** The optional elements at the end of a message. */
function tailOf(
  list: readonly unknown[],
  version: number,
): Traced & { readonly stamps: Stamps | undefined } {
  const end = LENGTHS[version] ?? list.length;
  const traceparent = list[end];
  const isTraced = typeof traceparent === "string";
  const trace = isTraced ? parseTraceContext(traceparent) : undefined;
  const sentAt = list[isTraced ? end + 1 : end];
  const publishedAt = list[isTraced ? end + 2 : end + 1];
  const areStamps = Number.isFinite(sentAt) && Number.isFinite(publishedAt);
  return {
    trace,
    stamps: areStamps ? { sentAt: Number(sentAt), publishedAt: Number(publishedAt) } : undefined,
  };
}

/** Encodes events of one video for the gateways that have viewers of it. */
export function encodeFanoutMessage(
  events: readonly FanoutEvent[],
  stamps?: Stamps,
  trace?: TraceContext,
): Buffer {
  // Nearly all messages of a dispatcher are such: without a trace, and events that anybody may see.
  if (trace === undefined && stamps !== undefined && events.every(isPlain)) {
    return encodePlain(events, stamps);
  }
  return encodeTail([EVENTS_VERSION, events.map(entryOf)], stamps, trace);
}

/**
 * Encodes a sample of a video's events, and how many more there were.
 * @param counted those that are not in the sample
 */
export function encodeSample(
  sample: readonly FanoutEvent[],
  counted: readonly CountedEvents[],
  stamps?: Stamps,
  trace?: TraceContext,
): Buffer {
  const message = [SAMPLE_VERSION, sample.map(entryOf), countedEntries(counted)];
  return encodeTail(message, stamps, trace);
}

/** Whether an event needs no more than its kind, class, bytes and repeat key. */
function isPlain({ state, onlyFor, variant }: FanoutEvent): boolean {
  return state === undefined && onlyFor === undefined && variant === undefined;
}

/** The same message as by {@link encodeTail}, at a third of its cost. */
function encodePlain(events: readonly FanoutEvent[], { sentAt, publishedAt }: Stamps): Buffer {
  let size = headSize(4) + 1 + headSize(events.length) + 2 * FLOAT_SIZE;
  for (const { kind, bytes, repeatKey } of events) {
    size += headSize(4) + textSize(kind.length) + 1 + binarySize(bytes.length);
    if (repeatKey !== undefined) size += textSize(Buffer.byteLength(repeatKey));
  }
  const message = new MsgpackWriter(size);
  message.list(4);
  message.small(EVENTS_VERSION);
  message.list(events.length);
  for (const { kind, deliveryClass, bytes, repeatKey } of events) {
    message.list(repeatKey === undefined ? 3 : 4);
    // A kind's name is ASCII.
    message.text(kind, kind.length);
    message.small(CLASSES.indexOf(deliveryClass));
    message.binary(bytes);
    if (repeatKey !== undefined) message.text(repeatKey);
  }
  message.float(sentAt);
  message.float(publishedAt);
  return message.bytes;
}

function encodeTail(
  message: unknown[],
  stamps: Stamps | undefined,
  trace: TraceContext | undefined,
): Buffer {
  if (trace !== undefined) message.push(traceparentOf(trace));
  if (stamps !== undefined) message.push(stamps.sentAt, stamps.publishedAt);
  return encodeMsgpack(message);
}

function entryOf(event: FanoutEvent): Entry {
  const { kind, bytes, repeatKey, variant, state, onlyFor } = event;
  const deliveryClass = CLASSES.indexOf(event.deliveryClass);
  if (state !== undefined) {
    const { name, revision, isRemoval } = state;
    return [kind, deliveryClass, bytes, null, name, revision, isRemoval];
  }
  if (onlyFor !== undefined) return [kind, deliveryClass, bytes, null, null, onlyFor];
  if (variant !== undefined) return [kind, deliveryClass, bytes, repeatKey ?? null, variant];
  return repeatKey === undefined
    ? [kind, deliveryClass, bytes]
    : [kind, deliveryClass, bytes, repeatKey];
}

function parseEntry(entry: unknown): FanoutEvent | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [kind, classIndex, bytes, repeatKey, variant, revision, isRemoval]: unknown[] = entry;
  const deliveryClass = typeof classIndex === "number" ? CLASSES[classIndex] : undefined;
  if (typeof kind !== "string" || deliveryClass === undefined) return undefined;
  if (!(bytes instanceof Uint8Array)) return undefined;
  if (deliveryClass === "state") {
    // In the place of a variant, which state has not.
    const name = variant;
    if (typeof name !== "string" || typeof revision !== "number") return undefined;
    return {
      kind,
      deliveryClass,
      bytes,
      state: { name, revision, isRemoval: isRemoval === true },
    };
  }
  // In the place of a revision.
  if (typeof revision === "string") return { kind, deliveryClass, bytes, onlyFor: revision };
  const isRepeatable = typeof repeatKey === "string";
  if (typeof variant === "string") {
    const event = { kind, deliveryClass, bytes, variant };
    return isRepeatable ? { ...event, repeatKey } : event;
  }
  return isRepeatable ? { kind, deliveryClass, bytes, repeatKey } : { kind, deliveryClass, bytes };
}

/** Encodes that the video's chain goes up to `seq`, which gateways may have missed. */
export function encodeHead(seq: number): Buffer {
  return encodeMsgpack([HEAD_VERSION, seq]);
}

/** Encodes the totals of a video, for the gateways that have viewers of it. */
export function encodeTotalsMessage(totals: VideoTotals): Buffer {
  return encodeMsgpack([TOTALS_VERSION, encodeTotals(totals)]);
}

/**
 * Decodes a dispatcher's message. Events of a class that this version doesn't know are left out;
 * undefined for a payload that isn't ours, or of a form that this version doesn't know.
 */
export function decodeFanoutMessage(payload: Uint8Array): FanoutMessage | undefined {
  let value: unknown;
  try {
    value = decodeTrustedMsgpack(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [version, content]: unknown[] = value;
  if (typeof version !== "number") return undefined;
  const { trace, stamps } = tailOf(value, version);
  if (version === EVENTS_VERSION && Array.isArray(content)) {
    const events = content.map(parseEntry).filter((event) => event !== undefined);
    return { form: "events", events, trace, stamps };
  }
  if (version === SAMPLE_VERSION && Array.isArray(content) && Array.isArray(value[2])) {
    const events = content.map(parseEntry).filter((event) => event !== undefined);
    const counted = parseCountedEntries(value[2]);
    return { form: "events", events, counted, trace, stamps };
  }
  if (version === RECORD_VERSION) {
    const record = parseStoredRecord(value);
    return record === undefined ? undefined : { form: "record", record, trace, stamps };
  }
  if (version === HEAD_VERSION && typeof content === "number") {
    return { form: "head", seq: content, stamps };
  }
  if (version === TOTALS_VERSION && content instanceof Uint8Array) {
    const document = decodeTotalsDocument(content);
    return document === undefined ? undefined : { form: "totals", totals: document.totals, stamps };
  }
  return undefined;
}
