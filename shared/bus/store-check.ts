/**
 * Compares existing streams and buckets with the settings. Somebody may have created them with others
 * or changed them, and a server that is too old silently accepts settings that it doesn't know. Where
 * a process would promise its users what the store doesn't keep, it doesn't start. Everything else is
 * only reported: `ovation store apply` mends it while all goes on.
 */
import type { StreamConfig } from "@nats-io/jetstream";
import type { CommonConfig } from "../config/settings.ts";
import { BANS_BUCKET, FRONTENDS_BUCKET, VOTES_STREAM } from "../protocol/subjects.ts";
import type { Log } from "../runtime/log.ts";
import type { Bus } from "./connection.ts";
import { isStreamMissing } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";
import { maxAge } from "./max-age.ts";
import { type StoreConfig, storeConfigs } from "./store-configs.ts";

/** The oldest server that supports everything we use; it introduced direct reads. */
const OLDEST_SERVER = [2, 9] as const;
/** On an older one, a login can end the server by a request whose reply subject has a wildcard. */
const SAFE_SERVER = [2, 9, 15] as const;

/** The server or a stream doesn't meet the requirements; the message names each setting. */
class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

/** Whether a server is older than that; false when its version can't be parsed. */
function isBefore(version: string, least: readonly number[]): boolean {
  const parts = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1) ?? [];
  for (const [index, wanted] of least.entries()) {
    const part = Number(parts[index] ?? wanted);
    if (part !== wanted) return part < wanted;
  }
  return false;
}

/** Why a server can't be used; undefined when it can. */
export function serverFault(version: string): string | undefined {
  if (!isBefore(version, OLDEST_SERVER)) return undefined;
  return `nats-server ${version} is too old: allow_direct needs ${OLDEST_SERVER.join(".")} or later`;
}

/** What an operator should know of a server that can be used. */
export function serverWarning(version: string): string | undefined {
  if (!isBefore(version, SAFE_SERVER)) return undefined;
  return (
    `nats-server ${version} can be ended by one of its logins: use ${SAFE_SERVER.join(".")} or later ` +
    "where they are not all your own (docs/security.md)"
  );
}

type Setting = keyof StreamConfig;
/** These numbers mean no limit: nats-server uses 0 for ages, and -1 for the rest. */
const UNLIMITED: readonly unknown[] = [0, -1];
/** A higher value of these is fine: more is kept than required. */
const AT_LEAST: readonly Setting[] = [
  "num_replicas",
  "max_age",
  "max_bytes",
  "max_msgs_per_subject",
];

/** The settings of a stream that fall short of the required ones, each in words. */
export function shortcomings(
  is: Partial<StreamConfig>,
  required: Partial<StreamConfig>,
): readonly string[] {
  const settings = Object.keys(required) as Setting[];
  return settings.flatMap((setting) => {
    const [found, wanted] = [is[setting], required[setting]];
    const isEnough =
      AT_LEAST.includes(setting) &&
      (UNLIMITED.includes(found) ||
        (Number(found) >= Number(wanted) && !UNLIMITED.includes(wanted)));
    if (isEnough || JSON.stringify(found) === JSON.stringify(wanted)) return [];
    return [
      `${setting} is ${JSON.stringify(found) ?? "unset"}, and must be ${JSON.stringify(wanted)}`,
    ];
  });
}

/** What a store must have so that nothing is promised falsely, out of what it should have. */
function promisesOf(store: StoreConfig, config: CommonConfig): Partial<StreamConfig> {
  const { name, storage, discard, republish, max_age: age = 0 } = store;
  const promises: Partial<StreamConfig> = {
    // What is acknowledged survives a restart of NATS. What is kept in memory can be rebuilt.
    ...(storage === "file" ? { storage } : {}),
    // Whoever follows a bucket hears nothing otherwise.
    ...(republish === undefined ? {} : { republish }),
    // What is acknowledged is not dropped to make room for more.
    ...(discard === "new" ? { discard } : {}),
  };
  switch (name) {
    case `KV_${FRONTENDS_BUCKET}`:
      // A gateway counts as alive as long as its lease; more only helps inspection.
      return { ...promises, max_age: maxAge(config.leaseMs) };
    case VOTES_STREAM:
      // A poll takes at most half of this time, and its votes must outlast it.
      return { ...promises, max_age: maxAge(config.votesAgeMs / 2) };
    case `KV_${BANS_BUCKET}`:
      // There may be so many that they are read by direct gets.
      return { ...promises, max_age: age, allow_direct: true };
    default: {
      // Rows, kinds: nobody writes them again in time. The rest says itself how long it was kept.
      const isFixed = republish !== undefined && (age === 0 || storage === "memory");
      return { ...promises, ...(isFixed ? { max_age: age } : {}) };
    }
  }
}

/** An existing store, compared with the settings. */
export interface ComparedStore {
  readonly stream: string;
  /** What makes a promise false, in words. */
  readonly broken: readonly string[];
  /** What is less than the settings say, in words; the above included. */
  readonly short: readonly string[];
}

/**
 * Compares the existing streams and buckets with the settings. Missing ones are created later, and one
 * that can't be read now is left out.
 */
export async function compareStores(
  bus: Bus,
  config: CommonConfig,
  log: Log,
): Promise<readonly ComparedStore[]> {
  const compared: ComparedStore[] = [];
  for (const store of storeConfigs(config)) {
    const is = await streamOf(bus, store.name).catch((error: unknown) => {
      log.debug({ stream: store.name, err: error }, "a stream can't be checked now");
      return undefined;
    });
    if (is === undefined) continue;
    const { name: stream, description: _, subjects: __, duplicate_window: ___, ...wanted } = store;
    const broken = shortcomings(is, promisesOf(store, config));
    compared.push({ stream, broken, short: shortcomings(is, wanted) });
  }
  return compared;
}

/**
 * Refuses a server that is too old, and stores that don't keep what is promised.
 * @throws StoreRefused naming server, stream, settings and what they must be
 */
export function refuseUnfit(version: string, stores: readonly ComparedStore[], log: Log): void {
  const fault = serverFault(version);
  if (fault !== undefined) throw new StoreRefused(fault);
  const warning = serverWarning(version);
  if (warning !== undefined) log.warn(warning);
  const faults = stores.flatMap(({ stream, broken }) =>
    broken.map((text) => `stream ${stream}: ${text}`),
  );
  if (faults.length === 0) return;
  throw new StoreRefused(
    `nats-server ${version} has streams that don't keep what is promised: ${faults.join("; ")}. ` +
      "Change them with `ovation store apply`, or the settings of this process",
  );
}

async function streamOf(bus: Bus, name: string): Promise<StreamConfig | undefined> {
  try {
    return await bus.whileConnected(async () => {
      const manager = await managerOf(bus);
      return (await manager.streams.info(name)).config;
    });
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}
