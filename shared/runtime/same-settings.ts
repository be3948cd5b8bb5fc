/**
 * Settings that a deployment can't have twice: by them, processes choose the subjects on which they
 * meet. The first dispatcher stores its own beside the kinds; whoever has others does not start.
 */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { Bucket } from "../bus/bucket.ts";
import { RevisionConflict } from "../bus/conflict.ts";
import { isStreamMissing } from "../bus/ensure-stream.ts";
import { Backoff } from "../lib/backoff.ts";
import { KINDS_BUCKET, SETTINGS_KEY } from "../protocol/subjects.ts";
import type { Log } from "./log.ts";

const documentSchema = z.object({ partitions: z.number() });
type SameSettings = z.output<typeof documentSchema>;

interface SameSettingsOptions {
  /** That of the kinds. */
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly own: SameSettings;
  /** Whether to store our own where none are stored: only dispatchers may. */
  readonly mayCreate: boolean;
  readonly stopping: AbortSignal;
  readonly log: Log;
}

/** Attempts before a process starts without having compared. */
const ATTEMPTS = 5;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;

/**
 * Compares a process's settings with those stored. What can't be compared now is compared later, by
 * what processes tell each other (settings-peers.ts).
 * @throws Error naming the setting that differs
 */
export async function requireSameSettings(options: SameSettingsOptions): Promise<void> {
  const { own, mayCreate, stopping, log } = options;
  const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  for (let attempt = 1; attempt <= ATTEMPTS && !stopping.aborted; attempt += 1) {
    try {
      const stored = await storedSettings(options);
      if (stored !== undefined) return compare(own, stored);
      if (!mayCreate) return;
    } catch (error) {
      if (error instanceof SettingDiffers) throw error;
      // Until dispatchers have created it, there is nothing to compare with.
      if (!mayCreate && isStreamMissing(error)) return;
      log.debug({ err: error }, "the deployment's settings can't be read yet");
    }
    await wait(backoff.nextMs(), undefined, { ref: false });
  }
  if (!stopping.aborted) log.warn("the deployment's settings can't be read: starting with our own");
}

/** @returns undefined when there are none, or another dispatcher stores its own just now */
async function storedSettings({
  bucket,
  own,
  mayCreate,
}: SameSettingsOptions): Promise<SameSettings | undefined> {
  const entry = await bucket.get(SETTINGS_KEY);
  const stored = entry?.value && parse(entry.value);
  if (stored !== undefined || !mayCreate) return stored;
  try {
    await bucket.put(SETTINGS_KEY, Buffer.from(JSON.stringify(own)), entry?.revision ?? 0);
    return own;
  } catch (error) {
    if (error instanceof RevisionConflict) return undefined;
    throw error;
  }
}

function parse(value: Uint8Array): SameSettings | undefined {
  try {
    return documentSchema.safeParse(JSON.parse(Buffer.from(value).toString())).data;
  } catch {
    return undefined;
  }
}

class SettingDiffers extends Error {}

function compare(own: SameSettings, stored: SameSettings): void {
  if (own.partitions === stored.partitions) return;
  throw new SettingDiffers(
    `--partitions is ${own.partitions}, but this deployment has ${stored.partitions}: give all processes the same. ` +
      `To change it, stop all gateways and dispatchers and delete the key ${SETTINGS_KEY} of the bucket ${KINDS_BUCKET}`,
  );
}
