/** One look at a deployment: the table, the leases, and what each gateway says of itself. */

import pMap from "p-map";
import { Bucket, type BucketEntry } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { requestAll } from "../../shared/bus/request-all.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { type CommonSettings, decodeStatement } from "../../shared/protocol/common-settings.ts";
import { decodeInspectionPage, encodeInspectionRequest } from "../../shared/protocol/inspection.ts";
import { isGatewayId } from "../../shared/protocol/names.ts";
import {
  INSPECT_DISPATCHERS,
  inspectSubject,
  parseRowKey,
} from "../../shared/protocol/subjects.ts";
import { decodeLease, decodeRow } from "../../shared/protocol/table.ts";
import type { Log } from "../../shared/runtime/log.ts";

/** A gateway that is well answers in a millisecond; one that doesn't in this time is silent. */
const ANSWER_MS = 2_000;
/** How long dispatchers are listened to: how many there are, nobody knows. */
const STATEMENTS_MS = 500;
/** Gateways that are asked at once. */
const ASKED_AT_ONCE = 16;

export interface Row {
  readonly video: string;
  readonly gateway: string;
  /** NaN for a row whose value is no number. */
  readonly viewers: number;
  readonly revision: number;
}

export interface Look {
  /** Buckets that are not there. */
  readonly missingBuckets: readonly string[];
  readonly rows: readonly Row[];
  /** Keys of the subscription table that are no rows of ours. */
  readonly foreignKeys: readonly string[];
  /** The newest sign of life by gateway: it changes with each renewal. */
  readonly leases: ReadonlyMap<string, number>;
  /** The videos that each gateway holds, with its viewers; none for a gateway that didn't answer. */
  readonly held: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Settings that must be the same, of each process that tells its own. */
  readonly settings: readonly ProcessSettings[];
}

export interface ProcessSettings {
  readonly role: "gateway" | "dispatcher";
  readonly id: string;
  readonly settings: CommonSettings;
}

/**
 * Looks at leases first and rows last, so that a gateway that comes meanwhile has nothing held
 * against it.
 * @throws OvationError when NATS or its JetStream can't be reached
 */
export async function look(bus: Bus, config: CommonConfig, log: Log): Promise<Look> {
  const frontends = new Bucket(bus, frontendsBucket(config), log);
  const subscriptions = new Bucket(bus, subscriptionsBucket(config), log);
  const leases = await frontends.read();
  const signs = new Map((leases ?? []).map(({ key, revision }) => [key, revision]));
  const gateways = (leases ?? []).flatMap(({ key, value }): ProcessSettings[] => {
    const settings = decodeLease(value)?.settings;
    return settings === undefined ? [] : [{ role: "gateway", id: key, settings }];
  });
  const dispatchers = await dispatcherSettings(bus);
  const held = new Map<string, ReadonlyMap<string, number>>();
  const ask = async (gateway: string) => {
    const videos = await heldBy(bus, gateway);
    if (videos !== undefined) held.set(gateway, videos);
  };
  await pMap([...signs.keys()].filter(isGatewayId), ask, { concurrency: ASKED_AT_ONCE });
  const entries = await subscriptions.read();
  const parsed = (entries ?? []).map((entry) => ({ key: entry.key, row: rowOf(entry) }));
  return {
    missingBuckets: [
      ...(leases === undefined ? [frontends.spec.name] : []),
      ...(entries === undefined ? [subscriptions.spec.name] : []),
    ],
    rows: parsed.flatMap(({ row }) => row ?? []),
    foreignKeys: parsed.flatMap(({ key, row }) => (row === undefined ? key : [])),
    leases: signs,
    held,
    settings: [...gateways, ...dispatchers],
  };
}

async function dispatcherSettings(bus: Bus): Promise<ProcessSettings[]> {
  const answers = await requestAll(bus, INSPECT_DISPATCHERS, new Uint8Array(), STATEMENTS_MS);
  return answers.flatMap((answer): ProcessSettings[] => {
    const statement = decodeStatement(answer);
    if (statement === undefined) return [];
    return [{ role: "dispatcher", id: statement.dispatcher, settings: statement.settings }];
  });
}

function rowOf({ key, value, revision }: BucketEntry): Row | undefined {
  const name = parseRowKey(key);
  if (name === undefined) return undefined;
  return { ...name, viewers: decodeRow(value) ?? Number.NaN, revision };
}

/** What a gateway says that it holds; undefined when it says nothing that can be read. */
async function heldBy(bus: Bus, gateway: string): Promise<Map<string, number> | undefined> {
  const held = new Map<string, number>();
  let after: string | undefined;
  for (;;) {
    const request = encodeInspectionRequest(after === undefined ? {} : { after });
    const answer = await bus
      .request(inspectSubject(gateway), request, ANSWER_MS)
      .catch(() => undefined);
    const page = answer && decodeInspectionPage(answer);
    if (page === undefined) return undefined;
    for (const [video, viewers] of page.videos) held.set(video, viewers);
    after = page.videos.at(-1)?.[0];
    if (page.isLast || after === undefined) return held;
  }
}
