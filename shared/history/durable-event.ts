/**
 * A durable event as it is stored and as viewers get it: the same bytes, with its place in the
 * video's chain at their end, so that a place can be given without encoding the event anew.
 */
import { encodeMsgpack } from "../wire/codec.ts";

/** What an event is before it has a place in the chain. */
export interface UnplacedEvent {
  readonly id: string;
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor?: string | undefined;
  readonly data?: unknown;
}

/** A durable event with its place: `seq`, and of a retraction the `seq` of what it takes back. */
export interface DurableEvent {
  readonly id: string;
  readonly kind: string;
  readonly seq: number;
  /** The event as msgpack, as viewers get it. */
  readonly bytes: Uint8Array;
  readonly retracts?: number | undefined;
}

/**
 * Encodes with any fraction, which msgpack holds as a float64 of eight bytes: the form that every
 * whole number up to 2^53 fits into, and that every decoder reads as a number.
 */
const PLACEHOLDER = 0.5;
const FLOAT64_BYTES = 8;
/** From the end: `prev`'s value, its type byte and key, then `seq`'s value. */
const PREV_FROM_END = FLOAT64_BYTES;
const SEQ_FROM_END = FLOAT64_BYTES + 1 + "prev".length + 1 + FLOAT64_BYTES;

/** The event as msgpack, its place still to be written by {@link writePlace}. */
export function encodeUnplaced(event: UnplacedEvent): Buffer {
  const { id, kind, at, actor, data } = event;
  return encodeMsgpack({
    id,
    kind,
    at,
    ...(actor === undefined ? {} : { actor }),
    ...(data === undefined ? {} : { data }),
    seq: PLACEHOLDER,
    prev: PLACEHOLDER,
  });
}

/** Writes `seq` and `prev` into bytes of {@link encodeUnplaced}; a place written before is replaced. */
export function writePlace(bytes: Buffer, seq: number, prev: number): void {
  bytes.writeDoubleBE(seq, bytes.length - SEQ_FROM_END);
  bytes.writeDoubleBE(prev, bytes.length - PREV_FROM_END);
}
