/**
 * What a dispatcher sends to a Frontend: one or more events of one video. Each event is already
 * encoded as viewers get it, beside the little that a gateway must know of it, so that the bytes
 * pass from the dispatcher to the socket without being decoded.
 *
 * Layout, msgpack: `[version, [[kind, class, event bytes, given id?], …]]`.
 */
import type { DeliveryClass } from "./kinds.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "./wire/codec.ts";

const VERSION = 1;
const CLASSES = ["transient", "durable", "latest"] as const satisfies readonly DeliveryClass[];

/** One event on its way from a dispatcher to viewers. */
export interface DispatchedEvent {
  readonly kind: string;
  readonly deliveryClass: DeliveryClass;
  /** The event as msgpack, as viewers get it. */
  readonly bytes: Uint8Array;
  /** The id, only if a publisher gave it: such an event may come a second time. */
  readonly givenId?: string;
}

type Entry = [kind: string, deliveryClass: number, bytes: Uint8Array, givenId?: string];

/** Encodes events of one video for the Frontends that have viewers of it. */
export function encodeDispatched(events: readonly DispatchedEvent[]): Buffer {
  const entries = events.map((event): Entry => {
    const deliveryClass = CLASSES.indexOf(event.deliveryClass);
    return event.givenId === undefined
      ? [event.kind, deliveryClass, event.bytes]
      : [event.kind, deliveryClass, event.bytes, event.givenId];
  });
  return encodeMsgpack([VERSION, entries]);
}

function parseEntry(entry: unknown): DispatchedEvent | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [kind, classIndex, bytes, givenId]: unknown[] = entry;
  const deliveryClass = typeof classIndex === "number" ? CLASSES[classIndex] : undefined;
  if (typeof kind !== "string" || deliveryClass === undefined) return undefined;
  if (!(bytes instanceof Uint8Array)) return undefined;
  return typeof givenId === "string"
    ? { kind, deliveryClass, bytes, givenId }
    : { kind, deliveryClass, bytes };
}

/**
 * The inverse of {@link encodeDispatched}. Events of a class that this version doesn't know are
 * left out; a payload that isn't one of ours gives undefined.
 */
export function decodeDispatched(payload: Uint8Array): DispatchedEvent[] | undefined {
  let value: unknown;
  try {
    value = decodeTrustedMsgpack(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value[0] !== VERSION || !Array.isArray(value[1])) return undefined;
  return value[1].map(parseEntry).filter((event) => event !== undefined);
}
