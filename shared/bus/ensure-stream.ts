/** What the buckets and the history have in common as streams. */
import { setTimeout as wait } from "node:timers/promises";
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";

/** Whether JetStream has refused something because there is no such stream. */
export function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

const CREATION_POLL_MS = 5;
const CREATION_POLLS_LIMIT = 400;

/**
 * A stream's info once it is created completely: before, nats-server gives no date of creation.
 * @throws Error of the client, also when there is no such stream; Error when it takes too long
 */
export async function createdInfo(manager: JetStreamManager, name: string): Promise<StreamInfo> {
  for (let polls = 0; polls < CREATION_POLLS_LIMIT; polls += 1) {
    const info = await manager.streams.info(name);
    // A date of Go that was never set is in the year 1.
    if (Date.parse(String(info.created)) > 0) return info;
    await wait(CREATION_POLL_MS);
  }
  throw new Error(`stream ${name} is still being created`);
}

/**
 * Creates a stream if it doesn't exist. An existing one is used as it is.
 * @param beforeCreating awaited before a missing stream is created
 * @throws Error of the client
 */
export async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
  beforeCreating?: () => Promise<unknown>,
): Promise<StreamInfo> {
  try {
    return await createdInfo(manager, config.name);
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    await beforeCreating?.();
    try {
      return await manager.streams.add(config);
    } catch {
      // If another process created it at the same time, it exists.
      return await createdInfo(manager, config.name);
    }
  }
}
