/** What has to be changed so that the streams and buckets are as the settings say, and what that costs. */
import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { StoreConfig } from "./store-configs.ts";

/** A setting of a stream, as NATS names it, and its values. */
interface StoreChange {
  readonly setting: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** One stream that is not as the settings say. */
export interface StoreStep {
  readonly stream: string;
  /** `recreate` where NATS can't change the setting: the stream is deleted and created empty. */
  readonly action: "create" | "change" | "recreate";
  readonly changes: readonly StoreChange[];
  /** What is kept now and would not be afterwards, each in words. */
  readonly losses: readonly string[];
}

/** A stream as it is: its info, with the number of messages by subject. */
export type ExistingStore = Pick<StreamInfo, "config" | "state">;

/** @returns undefined when the stream is as the settings say */
export function stepOf(
  wanted: StoreConfig,
  existing: ExistingStore | undefined,
  now: number,
): StoreStep | undefined {
  const { name: stream } = wanted;
  if (existing === undefined) return { stream, action: "create", changes: [], losses: [] };
  const changes = changesOf(wanted, existing.config);
  if (changes.length === 0) return undefined;
  // NATS can't move a stream between memory and disk.
  if (changes.some(({ setting }) => setting === "storage")) {
    const { messages } = existing.state;
    const losses = messages > 0 ? [`all ${messages} messages`] : [];
    return { stream, action: "recreate", changes, losses };
  }
  return { stream, action: "change", changes, losses: lossesOf(wanted, existing, now) };
}

function changesOf(wanted: StoreConfig, is: StreamConfig): StoreChange[] {
  const settings = Object.keys(wanted) as (keyof StreamConfig)[];
  return settings
    .map((setting) => ({ setting, from: is[setting], to: wanted[setting] }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

const NANOS_OF_MS = 1_000_000;

function lossesOf(wanted: StoreConfig, { config, state }: ExistingStore, now: number): string[] {
  const losses: string[] = [];
  const isLower = (setting: "max_age" | "max_bytes" | "max_msgs_per_subject") => {
    const [to = 0, from = 0] = [wanted[setting], config[setting]];
    return to > 0 && (from <= 0 || to < from);
  };
  if (isLower("max_age") && state.messages > 0) {
    const ageMs = (wanted.max_age ?? 0) / NANOS_OF_MS;
    const oldest = new Date(String(state.first_ts));
    if (oldest.getTime() < now - ageMs) {
      losses.push(`what is older than ${ageMs} ms (the oldest is of ${oldest.toISOString()})`);
    }
  }
  const bytes = wanted.max_bytes ?? -1;
  if (isLower("max_bytes") && state.bytes > bytes) {
    losses.push(`${state.bytes - bytes} of ${state.bytes} bytes`);
  }
  const limit = wanted.max_msgs_per_subject ?? -1;
  if (isLower("max_msgs_per_subject")) {
    const over = Object.values(state.subjects ?? {}).map((count) => Math.max(0, count - limit));
    const messages = over.reduce((sum, count) => sum + count, 0);
    const subjects = over.filter((count) => count > 0).length;
    if (messages > 0) losses.push(`${messages} messages of ${subjects} subjects`);
  }
  return losses;
}
