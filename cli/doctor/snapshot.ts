/** A snapshot of a deployment: the table, the leases, and what each gateway reports. */

import pMap from "p-map";
import { Bucket } from "../../shared/bus/bucket.ts";
import type { BucketEntry } from "../../shared/bus/bucket-entry.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { requestAll } from "../../shared/bus/request-all.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import {
  frontendsBucket,
  kindsBucket,
  subscriptionsBucket,
} from "../../shared/protocol/buckets.ts";
import { type CommonSettings, decodeStatement } from "../../shared/protocol/common-settings.ts";
import { decodeInspectionPage, encodeInspectionRequest } from "../../shared/protocol/inspection.ts";
import { isGatewayId } from "../../shared/protocol/names.ts";
import {
  INSPECT_DISPATCHERS,
  inspectSubject,
  KINDS_KEY,
  parseRowKey,
} from "../../shared/protocol/subjects.ts";
import { decodeLease, decodeRow } from "../../shared/protocol/table.ts";

/** A healthy gateway answers in a millisecond; one that takes longer than this is silent. */
const ANSWER_MS = 2_000;
/** How long to wait for dispatchers' answers: nothing says how many dispatchers there are. */
const STATEMENTS_MS = 500;
/** Gateways that are asked at the same time. */
const REQUEST_CONCURRENCY = 16;

export interface Row {
  readonly video: string;
  readonly gateway: string;
  /** NaN for a row whose value isn't a number. */
  readonly viewers: number;
  readonly revision: number;
}

export interface Snapshot {
  /** Buckets that don't exist. */
  readonly missingBuckets: readonly string[];
  readonly rows: readonly Row[];
  /** Keys of the subscription table that aren't rows. */
  readonly foreignKeys: readonly string[];
  /** The revision of each gateway's lease: it changes with each renewal. */
  readonly leases: ReadonlyMap<string, number>;
  /** The videos that each gateway holds, with the viewers that its row should have. A gateway that didn't answer is absent. */
  readonly held: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The videos of each gateway whose rows it could not write yet, while dispatchers were told. */
  readonly announced: ReadonlyMap<string, ReadonlySet<string>>;
  /** The settings that must be the same everywhere, of each process that reports them. */
  readonly settings: readonly ProcessSettings[];
  /** The revision of the stored kinds; undefined when none are stored. */
  readonly kinds: number | undefined;
  /** Of each partition: how many dispatchers serve it. Empty without a dispatcher that says so. */
  readonly servedBy: readonly number[];
  /** How many dispatchers answered. */
  readonly dispatchers: number;
}

interface ProcessSettings {
  readonly role: "gateway" | "dispatcher";
  readonly id: string;
  readonly settings: CommonSettings;
  /** The revision of the kinds that it uses; undefined when it doesn't say. */
  readonly kinds: number | undefined;
  /** The partitions that a dispatcher serves; undefined when it doesn't say. */
  readonly serves?: readonly number[] | undefined;
}

/**
 * Reads leases first and rows last, so that a gateway that starts in between is not reported.
 * @throws OvationError when NATS or its JetStream can't be reached
 */
export async function takeSnapshot(bus: Bus, config: CommonConfig): Promise<Snapshot> {
  const frontends = new Bucket(bus, frontendsBucket(config));
  const subscriptions = new Bucket(bus, subscriptionsBucket(config));
  const leases = await frontends.read();
  const revisions = new Map((leases ?? []).map(({ key, revision }) => [key, revision]));
  const gateways = (leases ?? []).flatMap(({ key, value }): ProcessSettings[] => {
    const { settings, kinds } = decodeLease(value) ?? {};
    return settings === undefined ? [] : [{ role: "gateway", id: key, settings, kinds }];
  });
  const dispatchers = await dispatcherSettings(bus);
  const held = new Map<string, ReadonlyMap<string, number>>();
  const announced = new Map<string, ReadonlySet<string>>();
  const request = async (gateway: string) => {
    const reported = await heldBy(bus, gateway);
    if (reported === undefined) return;
    held.set(gateway, reported.videos);
    announced.set(gateway, reported.announced);
  };
  await pMap([...revisions.keys()].filter(isGatewayId), request, {
    concurrency: REQUEST_CONCURRENCY,
  });
  const entries = await subscriptions.read();
  const document = await new Bucket(bus, kindsBucket(config)).read(KINDS_KEY);
  const parsed = (entries ?? []).map((entry) => ({ key: entry.key, row: rowOf(entry) }));
  return {
    missingBuckets: [
      ...(leases === undefined ? [frontends.spec.name] : []),
      ...(entries === undefined ? [subscriptions.spec.name] : []),
    ],
    rows: parsed.flatMap(({ row }) => row ?? []),
    foreignKeys: parsed.flatMap(({ key, row }) => (row === undefined ? key : [])),
    leases: revisions,
    held,
    announced,
    settings: [...gateways, ...dispatchers],
    servedBy: servedBy(dispatchers, config.partitions),
    dispatchers: dispatchers.length,
    kinds: document?.[0]?.revision,
  };
}

async function dispatcherSettings(bus: Bus): Promise<ProcessSettings[]> {
  const answers = await requestAll(bus, INSPECT_DISPATCHERS, new Uint8Array(), STATEMENTS_MS);
  return answers.flatMap((answer): ProcessSettings[] => {
    const statement = decodeStatement(answer);
    if (statement === undefined) return [];
    const { dispatcher: id, settings, kinds, serves } = statement;
    return [{ role: "dispatcher", id, settings, kinds, serves }];
  });
}

function servedBy(dispatchers: readonly ProcessSettings[], usual: number): number[] {
  const stating = dispatchers.filter(({ serves }) => serves !== undefined);
  const [first] = stating;
  if (first === undefined) return [];
  const counts = Array<number>(Number(first.settings["partitions"] ?? usual)).fill(0);
  for (const { serves = [] } of stating) {
    for (const number of serves) counts[number] = (counts[number] ?? 0) + 1;
  }
  return counts;
}

function rowOf({ key, value, revision }: BucketEntry): Row | undefined {
  const name = parseRowKey(key);
  if (name === undefined) return undefined;
  return { ...name, viewers: decodeRow(value)?.viewers ?? Number.NaN, revision };
}

interface Reported {
  readonly videos: ReadonlyMap<string, number>;
  readonly announced: ReadonlySet<string>;
}

/** The videos that a gateway reports; undefined without a readable answer. */
async function heldBy(bus: Bus, gateway: string): Promise<Reported | undefined> {
  const held = new Map<string, number>();
  const announced = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const request = encodeInspectionRequest(after === undefined ? {} : { after });
    const answer = await bus
      .request(inspectSubject(gateway), request, ANSWER_MS)
      .catch(() => undefined);
    const page = answer && decodeInspectionPage(answer);
    if (page === undefined) return undefined;
    for (const [video, viewers] of page.videos) held.set(video, viewers);
    for (const video of page.announced ?? []) announced.add(video);
    after = page.videos.at(-1)?.[0];
    if (page.isLast || after === undefined) return { videos: held, announced };
  }
}
