/**
 * Checks that existing buckets and the stream have the settings that our guarantees need. Somebody
 * may have created them with others or changed them, and a server that is too old silently accepts
 * settings that it doesn't know. A process that started anyway would break its guarantees unnoticed.
 */
import type { StreamConfig } from "@nats-io/jetstream";
import type { CommonConfig } from "../config/settings.ts";
import {
  frontendsBucket,
  kindsBucket,
  stateBucket,
  subscriptionsBucket,
  timelineBucket,
  totalsBucket,
} from "../protocol/buckets.ts";
import type { Log } from "../runtime/log.ts";
import { type BucketSpec, bucketConfig } from "./bucket.ts";
import type { Bus } from "./connection.ts";
import { isStreamMissing } from "./ensure-stream.ts";
import { streamConfig } from "./history-stream.ts";
import { managerOf } from "./jetstream-manager.ts";
import { maxAge } from "./max-age.ts";
import { votesStreamConfig } from "./votes-stream.ts";

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

/** The settings of a bucket that matter; its description doesn't. */
function requiredOf(spec: BucketSpec): Partial<StreamConfig> & { readonly name: string } {
  const { republish } = bucketConfig(spec);
  return {
    name: `KV_${spec.name}`,
    storage: spec.storage,
    num_replicas: spec.replicas,
    max_age: maxAge(spec.maxAgeMs),
    ...(republish === undefined ? {} : { republish }),
  };
}

/**
 * Checks existing buckets and the stream; missing ones are created later, and one that can't be read
 * now is skipped.
 * @throws StoreRefused naming server, stream, settings and what they must be
 */
export async function checkStores(bus: Bus, config: CommonConfig, log: Log): Promise<void> {
  const version = bus.serverVersion;
  const fault = serverFault(version);
  if (fault !== undefined) throw new StoreRefused(fault);
  const warning = serverWarning(version);
  if (warning !== undefined) log.warn(warning);
  const required = [
    requiredOf(subscriptionsBucket(config)),
    // An entry must live as long as its lease counts; more only helps inspection.
    requiredOf({ ...frontendsBucket(config), maxAgeMs: config.leaseMs }),
    requiredOf(kindsBucket(config)),
    requiredOf(stateBucket(config)),
    requiredOf(totalsBucket(config)),
    requiredOf(timelineBucket(config)),
    streamConfig(config),
    votesStreamConfig(config),
  ];
  const faults: string[] = [];
  for (const one of required) {
    const is = await streamOf(bus, one.name).catch((error: unknown) => {
      log.warn({ stream: one.name, err: error }, "a stream can't be checked now");
      return undefined;
    });
    if (is === undefined) continue;
    for (const text of shortcomings(is, one)) faults.push(`stream ${one.name}: ${text}`);
  }
  if (faults.length === 0) return;
  throw new StoreRefused(
    `nats-server ${version} has streams with other settings than ours: ${faults.join("; ")}. ` +
      "Change them with `nats stream edit`, or the settings of this process",
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
