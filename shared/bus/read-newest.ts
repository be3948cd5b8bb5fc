/** Reads a bucket's current content, message by message: a consumer would need rights that reach further. */
import type { JetStreamManager } from "@nats-io/jetstream";
import pMap from "p-map";
import { type BucketEntry, bucketEntryOf } from "./bucket-entry.ts";

const GETS_AT_ONCE = 64;

export interface Newest {
  /** Identifies the bucket's incarnation: it changes when the bucket is deleted and recreated. */
  readonly incarnation: string;
  /** The last sequence before the read: entries may be newer, and none is older. */
  readonly lastSequence: number;
  /** Entries by key, without removed ones. */
  readonly entries: Map<string, BucketEntry>;
}

/**
 * Reads the newest entry of each key that matches `filter`, from the stream's leader.
 * @throws Error of the client: no such stream, or no answer
 */
export async function readNewest(
  manager: JetStreamManager,
  stream: string,
  prefix: string,
  filter: string,
): Promise<Newest> {
  const { created, state } = await manager.streams.info(stream, {
    subjects_filter: prefix + filter,
  });
  const entries = new Map<string, BucketEntry>();
  const read = async (subject: string) => {
    const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
    if (message === null) return;
    const entry = bucketEntryOf(
      subject.slice(prefix.length),
      message.header,
      message.data,
      message.seq,
    );
    if (entry.value !== undefined) entries.set(entry.key, entry);
  };
  await pMap(Object.keys(state.subjects ?? {}), read, { concurrency: GETS_AT_ONCE });
  return { incarnation: String(created), lastSequence: state.last_seq, entries };
}
