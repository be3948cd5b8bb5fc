/** What the buckets and the history have in common as streams. */
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
    return await manager.streams.info(config.name);
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    await beforeCreating?.();
    try {
      return await manager.streams.add(config);
    } catch {
      // If another process created it at the same time, it exists.
      return await manager.streams.info(config.name);
    }
  }
}

/** A setting of an existing stream that is not as we would create it. */
export interface Difference {
  readonly setting: keyof StreamConfig;
  readonly is: unknown;
  readonly expected: unknown;
}

/** Compares some settings of an existing stream with ours. */
export function differencesOf(
  actual: StreamConfig,
  ours: Partial<StreamConfig>,
  settings: readonly (keyof StreamConfig)[],
): Difference[] {
  return settings
    .map((setting) => ({ setting, is: actual[setting], expected: ours[setting] }))
    .filter(({ is, expected }) => is !== expected);
}
