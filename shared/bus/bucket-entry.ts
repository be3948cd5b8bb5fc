/** A bucket's messages as entries: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md */
import { headers, type MsgHdrs } from "nats";

const OPERATION = "KV-Operation";

export interface BucketEntry {
  readonly key: string;
  /** Undefined for a key that was removed. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** The headers of a message that removes a key. */
export function deleteMarker(): MsgHdrs {
  const marker = headers();
  marker.set(OPERATION, "DEL");
  return marker;
}

export function bucketEntryOf(
  key: string,
  header: MsgHdrs | undefined,
  data: Uint8Array,
  revision: number,
): BucketEntry {
  const isRemoval = (header?.get(OPERATION) ?? "") !== "";
  return { key, value: isRemoval ? undefined : data, revision };
}
