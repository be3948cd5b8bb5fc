/**
 * A durable event as it is stored and as viewers get it: the same bytes, with `seq` and `prev` at
 * their end, so that these can be assigned without encoding the event again.
 */
import { encodeMsgpack } from "../wire/codec.ts";
import { writeInteger } from "../wire/whole-numbers.ts";

/** An event before it has a `seq` in the chain. */
export interface UnplacedEvent {
  readonly id: string;
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor?: string | undefined;
  readonly data?: unknown;
}

/**
 * A durable event with its `seq`; a retraction also has the `seq` of the event that it deletes.
 */
export interface DurableEvent {
  readonly id: string;
  readonly kind: string;
  readonly seq: number;
  /** The event as msgpack, as viewers get it. */
  readonly bytes: Uint8Array;
  readonly retracts?: number | undefined;
  /**
   * Who may repeat its id, as dispatcher/publish/owner.ts has it: for a retraction, the id of the
   * deleted event. Only dispatchers read it.
   */
  readonly owner?: string | undefined;
}

/** A fraction takes nine bytes in msgpack: as many as the integer that replaces it. */
const PLACEHOLDER = 0.5;
const NUMBER_BYTES = 9;
/** From the end: `prev`'s number and key, then `seq`'s number. */
const PREV_FROM_END = NUMBER_BYTES;
const SEQ_FROM_END = NUMBER_BYTES + 1 + "prev".length + NUMBER_BYTES;

/** The event as msgpack, with placeholders that {@link writePlace} replaces. */
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

/** Writes `seq` and `prev` into bytes of {@link encodeUnplaced}; may be called repeatedly. */
export function writePlace(bytes: Buffer, seq: number, prev: number): void {
  writeInteger(bytes, seq, bytes.length - SEQ_FROM_END);
  writeInteger(bytes, prev, bytes.length - PREV_FROM_END);
}
