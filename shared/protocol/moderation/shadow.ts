/** What an actor published while only it could see that: the newest durable events of a video. */
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";

/** An event that only its actor sees. */
export interface ShadowEvent {
  readonly id: string;
  readonly kind: string;
  /** As viewers get it; it has no `seq`, since it is not in the video's history. */
  readonly bytes: Uint8Array;
}

/** The `seq` that its publisher is told: as the history would number it. */
export function seqOfShadow({ bytes }: ShadowEvent): number {
  const event = decodeTrustedMsgpack(bytes);
  const has = typeof event === "object" && event !== null && "at" in event;
  return (has && typeof event.at === "number" ? Math.floor(event.at) : 0) * 1_000;
}

const EVENTS_LIMIT = 50;
const BYTES_LIMIT = 65_536;

/** `[[id, kind, event bytes], …]`: the newest of them, as many as are kept. */
export function encodeShadow(events: readonly ShadowEvent[]): Buffer {
  const kept: unknown[] = [];
  let bytes = 0;
  for (const event of events.slice(-EVENTS_LIMIT).reverse()) {
    bytes += event.bytes.length;
    if (bytes > BYTES_LIMIT) break;
    kept.unshift([event.id, event.kind, event.bytes]);
  }
  return encodeMsgpack(kept);
}

/** Oldest first; none for bytes that aren't ours. */
export function decodeShadow(payload: Uint8Array): readonly ShadowEvent[] {
  const list = decodeTrustedMsgpack(payload);
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown): ShadowEvent[] => {
    if (!Array.isArray(item)) return [];
    const [id, kind, bytes]: unknown[] = item;
    if (typeof id !== "string" || typeof kind !== "string") return [];
    return bytes instanceof Uint8Array ? [{ id, kind, bytes }] : [];
  });
}
