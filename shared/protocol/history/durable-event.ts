/**
 * A durable event as it is stored and as viewers get it: the same bytes, with its place in the
 * video's chain at their end, so that a place can be given without encoding the event anew.
 */
import { encodeMsgpack } from "../wire/codec.ts";
import { writeInteger } from "../wire/whole-numbers.ts";

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

/** A fraction, which msgpack holds in nine bytes: as many as the integer that replaces it. */
const PLACEHOLDER = 0.5;
const NUMBER_BYTES = 9;
/** From the end: `prev`'s number and key, then `seq`'s number. */
const PREV_FROM_END = NUMBER_BYTES;
const SEQ_FROM_END = NUMBER_BYTES + 1 + "prev".length + NUMBER_BYTES;

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
  writeInteger(bytes, seq, bytes.length - SEQ_FROM_END);
  writeInteger(bytes, prev, bytes.length - PREV_FROM_END);
}
