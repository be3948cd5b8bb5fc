/**
 * Finds what is wrong with the subscription table from two snapshots of it. A table in use always
 * lags a little behind the gateways, so a fault counts only when both snapshots show it.
 */
import { differenceOf } from "../../shared/protocol/common-settings.ts";
import type { Row, Snapshot } from "./snapshot.ts";

export type Fault =
  | "bucket-missing"
  | "foreign-key"
  | "row-unreadable"
  | "row-of-dead-gateway"
  | "row-of-unwatched-video"
  | "row-missing"
  | "row-announced-only"
  | "count-wrong"
  | "lease-expired"
  | "gateway-silent"
  | "settings-differ"
  | "kinds-differ"
  | "partition-unserved"
  | "partition-served-by-one";

export interface Finding {
  readonly fault: Fault;
  readonly bucket?: string;
  readonly key?: string;
  readonly gateway?: string;
  readonly dispatcher?: string;
  readonly video?: string;
  readonly partition?: number;
  /** What the row says. */
  readonly row?: number;
  /** What the gateway says. */
  readonly held?: number;
  /** Of the row or the lease: one that is rewritten between two snapshots is a different finding. */
  readonly revision?: number;
  /** How its settings differ from those of most processes, or its kinds from those stored. */
  readonly difference?: string;
}

/** What each fault means and who fixes it, for a person. */
export const faultTexts: Readonly<Record<Fault, string>> = {
  "bucket-missing":
    "the bucket is missing: gateways and dispatchers create it when they start or find it missing",
  "foreign-key": "a key that isn't a row: dispatchers ignore it; remove it where it was written",
  "row-unreadable": "a row that isn't a number: its gateway rewrites it at its next comparison",
  "row-of-dead-gateway":
    "a row of a gateway that has no lease: dispatchers don't count it, and will sweep it",
  "row-of-unwatched-video":
    "a row of a video that its gateway does not hold: events are sent there needlessly",
  "row-missing": "a gateway holds this video but has no row: its viewers get no events",
  "row-announced-only":
    "a gateway can't write this row; it tells dispatchers again and again, so its viewers get events, but aren't counted",
  "count-wrong": "the row differs from what the gateway holds: the viewer count is wrong",
  "lease-expired": "the lease was not renewed in time: dispatchers send nothing to this gateway",
  "gateway-silent":
    "the lease is renewed, but the gateway does not answer: it is overloaded or can't be reached",
  "settings-differ":
    "a process has different settings from most: others reject what it accepts; give it the same",
  "kinds-differ":
    "a process doesn't use the stored kinds: its /readyz says why; it reads them again at intervals",
  "partition-unserved":
    "no dispatcher takes requests about the videos of this partition: they are refused; dispatchers that hear of each other take it over within seconds",
  "partition-served-by-one":
    "one dispatcher alone serves this partition, though there are more: nobody takes over at once if it dies",
};

/**
 * @param first the earlier snapshot
 * @param second the later one; a lease that is unchanged in it was not renewed in between, so
 *   expired leases are reported only if a full lease time passed between the two
 * @param isLeaseTime whether that much time passed between them
 */
export function diagnose(
  first: Snapshot,
  second: Snapshot,
  isLeaseTime: boolean,
): readonly Finding[] {
  const before = new Set(faultsOf(first).map(identity));
  const lasting = faultsOf(second).filter((finding) => before.has(identity(finding)));
  return isLeaseTime ? [...lasting, ...expiredLeases(first, second)] : lasting;
}

/** Gateways whose lease has the same revision in both snapshots, and that don't answer. */
export function expiredLeases(first: Snapshot, second: Snapshot): readonly Finding[] {
  return [...second.leases]
    .filter(
      ([gateway, revision]) => first.leases.get(gateway) === revision && !second.held.has(gateway),
    )
    .map(([gateway, revision]) => ({ fault: "lease-expired", gateway, revision }));
}

function faultsOf(snapshot: Snapshot): readonly Finding[] {
  const rowKeys = new Set(snapshot.rows.map(({ video, gateway }) => `${video}.${gateway}`));
  return [
    ...snapshot.missingBuckets.map((bucket): Finding => ({ fault: "bucket-missing", bucket })),
    ...snapshot.foreignKeys.map((key): Finding => ({ fault: "foreign-key", key })),
    ...snapshot.rows.flatMap((row) => faultOfRow(row, snapshot)),
    ...[...snapshot.held].flatMap(([gateway, videos]) =>
      [...videos]
        .filter(([video]) => !rowKeys.has(`${video}.${gateway}`))
        .map(([video, held]): Finding => {
          const isAnnounced = snapshot.announced.get(gateway)?.has(video) === true;
          const fault = isAnnounced ? "row-announced-only" : "row-missing";
          return { fault, gateway, video, held };
        }),
    ),
    ...[...snapshot.leases.keys()]
      .filter((gateway) => !snapshot.held.has(gateway))
      .map((gateway): Finding => ({ fault: "gateway-silent", gateway })),
    ...differingSettings(snapshot),
    ...differingKinds(snapshot),
    ...faultsOfPartitions(snapshot),
  ];
}

/** Processes whose settings differ from those of most; on a tie, the first group is the norm. */
function differingSettings({ settings: all }: Snapshot): Finding[] {
  const alike = Map.groupBy(all, ({ settings }) => JSON.stringify(settings));
  const [most] = [...alike.values()].toSorted((one, other) => other.length - one.length);
  const usual = most?.[0]?.settings;
  if (usual === undefined) return [];
  return all.flatMap(({ role, id, settings }): Finding[] => {
    const difference = differenceOf(settings, usual);
    return difference === "" ? [] : [{ fault: "settings-differ", [role]: id, difference }];
  });
}

/** Processes that use another revision of the kinds than the stored one. */
function differingKinds({ settings, kinds: stored }: Snapshot): Finding[] {
  if (stored === undefined) return [];
  return settings.flatMap(({ role, id, kinds }): Finding[] => {
    if (kinds === undefined || kinds === stored) return [];
    const difference = `revision ${kinds}, stored ${stored}`;
    return [{ fault: "kinds-differ", [role]: id, difference }];
  });
}

function faultsOfPartitions({ servedBy, dispatchers }: Snapshot): Finding[] {
  return servedBy.flatMap((count, partition): Finding[] => {
    if (count === 0) return [{ fault: "partition-unserved", partition }];
    if (count > 1 || dispatchers === 1) return [];
    return [{ fault: "partition-served-by-one", partition }];
  });
}

function faultOfRow({ video, gateway, viewers, revision }: Row, snapshot: Snapshot): Finding[] {
  const about = { video, gateway, revision };
  if (Number.isNaN(viewers)) return [{ fault: "row-unreadable", ...about }];
  if (!snapshot.leases.has(gateway))
    return [{ fault: "row-of-dead-gateway", row: viewers, ...about }];
  const videos = snapshot.held.get(gateway);
  if (videos === undefined) return []; // Reported once, as a silent gateway.
  const held = videos.get(video);
  if (held === undefined) return [{ fault: "row-of-unwatched-video", row: viewers, ...about }];
  if (viewers === held) return [];
  return [{ fault: "count-wrong", row: viewers, held, ...about }];
}

function identity(finding: Finding): string {
  const { fault, bucket, key, gateway, dispatcher, video, partition } = finding;
  const { row, held, revision, difference } = finding;
  const location = [bucket, key, gateway, dispatcher, video, partition];
  return JSON.stringify([fault, ...location, row, held, revision, difference]);
}
