/**
 * Whether the buckets and the stream that are there hold what is promised of them. Somebody may have
 * made or changed them otherwise, and a server that is too old takes settings that it doesn't know
 * without a word. A process that started all the same would break its promises later and in silence.
 */
import { JetStreamApiCodes, JetStreamApiError, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../protocol/buckets.ts";
import type { Log } from "../runtime/log.ts";
import type { BucketSpec } from "./bucket.ts";
import type { Bus } from "./connection.ts";
import { streamConfig } from "./history-stream.ts";
import { managerOf } from "./jetstream-manager.ts";

/** The oldest server that knows all that is used; direct reads came with it. */
const OLDEST_SERVER = [2, 9] as const;

/** A stream is not as it has to be. `faults` name each setting, what it is and what is due. */
class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

/** Why a server can't be used; undefined when it can, or says no version that can be read. */
export function serverFault(version: string): string | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [oldestMajor, oldestMinor] = OLDEST_SERVER;
  const isOld =
    Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  if (!isOld) return undefined;
  return `nats-server ${version} is too old: allow_direct needs ${OLDEST_SERVER.join(".")} or later`;
}

type Setting = keyof StreamConfig;
/** A number of these means no limit: `man nats-server` has 0 for ages, and -1 for the rest. */
const UNLIMITED: readonly unknown[] = [0, -1];
/** More of these is no fault: more is kept than was promised. */
const AT_LEAST: readonly Setting[] = [
  "num_replicas",
  "max_age",
  "max_bytes",
  "max_msgs_per_subject",
];

/** The settings of a stream that fall short of what is due, each in words. */
export function shortcomings(
  is: Partial<StreamConfig>,
  due: Partial<StreamConfig>,
): readonly string[] {
  const settings = Object.keys(due) as Setting[];
  return settings.flatMap((setting) => {
    const [found, wanted] = [is[setting], due[setting]];
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

function bucketConfig({ name, replicas, maxAgeMs }: BucketSpec): Partial<StreamConfig> & Named {
  return {
    name: `KV_${name}`,
    storage: "memory",
    num_replicas: replicas,
    max_age: nanos(maxAgeMs),
  };
}

interface Named {
  readonly name: string;
}

/**
 * Looks at those that are there; what is not is made later, and what can't be looked at now is not
 * waited for.
 * @throws StoreRefused naming server, stream, settings and what they must be
 */
export async function checkStores(bus: Bus, config: CommonConfig, log: Log): Promise<void> {
  const version = bus.serverVersion;
  const fault = serverFault(version);
  if (fault !== undefined) throw new StoreRefused(fault);
  const due = [
    bucketConfig(subscriptionsBucket(config)),
    // A lease must last there as long as it counts; more is only for looking back.
    bucketConfig({ ...frontendsBucket(config), maxAgeMs: config.leaseMs }),
    streamConfig(config),
  ];
  const faults: string[] = [];
  for (const one of due) {
    const is = await streamOf(bus, one.name).catch((error: unknown) => {
      log.warn({ stream: one.name, err: error }, "a stream can't be looked at now");
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
    const isMissing =
      error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
    if (isMissing) return undefined;
    throw error;
  }
}
