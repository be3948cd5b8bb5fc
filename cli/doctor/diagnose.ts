/**
 * What is wrong with the subscription table, by two looks at it. A table in use is always a little
 * behind what gateways do, so a fault counts only when both looks show the same.
 */
import { differenceOf } from "../../shared/protocol/common-settings.ts";
import type { Look, Row } from "./look.ts";

export type Fault =
  | "bucket-missing"
  | "foreign-key"
  | "row-unreadable"
  | "row-of-dead-gateway"
  | "row-of-unwatched-video"
  | "row-missing"
  | "count-wrong"
  | "lease-expired"
  | "gateway-silent"
  | "settings-differ";

export interface Finding {
  readonly fault: Fault;
  readonly bucket?: string;
  readonly key?: string;
  readonly gateway?: string;
  readonly dispatcher?: string;
  readonly video?: string;
  /** What the row says. */
  readonly row?: number;
  /** What the gateway says. */
  readonly held?: number;
  /** Of the row or the lease, so that one that is written anew between two looks is another. */
  readonly revision?: number;
  /** What it has otherwise than most. */
  readonly difference?: string;
}

/** What each fault is, and who mends it, for a person. */
export const faultTexts: Readonly<Record<Fault, string>> = {
  "bucket-missing":
    "the bucket is not there: gateways and dispatchers make it when they start or find it gone",
  "foreign-key": "a key that is no row: dispatchers ignore it; whoever wrote it should remove it",
  "row-unreadable": "a row that is no number: its gateway writes it anew at its next comparison",
  "row-of-dead-gateway":
    "a row of a gateway that has no lease: dispatchers do not count it, and sweep it",
  "row-of-unwatched-video":
    "a row of a video that its gateway does not hold: events go there in vain",
  "row-missing": "a gateway holds this video and has no row: its viewers get no events",
  "count-wrong": "the row differs from what the gateway holds: the viewer count is wrong",
  "lease-expired": "the lease was not renewed in time: dispatchers send this gateway nothing",
  "gateway-silent":
    "the lease is renewed, but the gateway does not answer: it is overloaded or can't be reached",
  "settings-differ":
    "a process has other settings than most: what it takes, others refuse; start it with the same",
};

/**
 * @param first the earlier look
 * @param second the later one; leases that it shows unchanged were not renewed meanwhile, so
 *   between the looks must lie a lease's whole time if such are to be told
 * @param isLeaseTime whether that much time lay between them
 */
export function diagnose(first: Look, second: Look, isLeaseTime: boolean): readonly Finding[] {
  const before = new Set(faultsOf(first).map(identity));
  const lasting = faultsOf(second).filter((finding) => before.has(identity(finding)));
  return isLeaseTime ? [...lasting, ...expiredLeases(first, second)] : lasting;
}

/** Gateways whose lease shows the same sign of life at both looks, and that don't answer. */
export function expiredLeases(first: Look, second: Look): readonly Finding[] {
  return [...second.leases]
    .filter(([gateway, sign]) => first.leases.get(gateway) === sign && !second.held.has(gateway))
    .map(([gateway, revision]) => ({ fault: "lease-expired", gateway, revision }));
}

function faultsOf(look: Look): readonly Finding[] {
  const rowKeys = new Set(look.rows.map(({ video, gateway }) => `${video}.${gateway}`));
  return [
    ...look.missingBuckets.map((bucket): Finding => ({ fault: "bucket-missing", bucket })),
    ...look.foreignKeys.map((key): Finding => ({ fault: "foreign-key", key })),
    ...look.rows.flatMap((row) => faultOfRow(row, look)),
    ...[...look.held].flatMap(([gateway, videos]) =>
      [...videos]
        .filter(([video]) => !rowKeys.has(`${video}.${gateway}`))
        .map(([video, held]): Finding => ({ fault: "row-missing", gateway, video, held })),
    ),
    ...[...look.leases.keys()]
      .filter((gateway) => !look.held.has(gateway))
      .map((gateway): Finding => ({ fault: "gateway-silent", gateway })),
    ...differingSettings(look),
  ];
}

/** Processes whose settings are not those that most have; of as many, those that came first count. */
function differingSettings({ settings: all }: Look): Finding[] {
  const alike = Map.groupBy(all, ({ settings }) => JSON.stringify(settings));
  const [most] = [...alike.values()].toSorted((one, other) => other.length - one.length);
  const usual = most?.[0]?.settings;
  if (usual === undefined) return [];
  return all.flatMap(({ role, id, settings }): Finding[] => {
    const difference = differenceOf(settings, usual);
    return difference === "" ? [] : [{ fault: "settings-differ", [role]: id, difference }];
  });
}

function faultOfRow({ video, gateway, viewers, revision }: Row, look: Look): Finding[] {
  const about = { video, gateway, revision };
  if (Number.isNaN(viewers)) return [{ fault: "row-unreadable", ...about }];
  if (!look.leases.has(gateway)) return [{ fault: "row-of-dead-gateway", row: viewers, ...about }];
  const videos = look.held.get(gateway);
  if (videos === undefined) return []; // Told once, as a gateway that is silent.
  const held = videos.get(video);
  if (held === undefined) return [{ fault: "row-of-unwatched-video", row: viewers, ...about }];
  // A video that only lingers keeps the row of its last viewer.
  if (viewers === Math.max(1, held)) return [];
  return [{ fault: "count-wrong", row: viewers, held, ...about }];
}

function identity(finding: Finding): string {
  const { fault, bucket, key, gateway, dispatcher, video, row, held, revision, difference } =
    finding;
  const place = [bucket, key, gateway, dispatcher, video];
  return JSON.stringify([fault, ...place, row, held, revision, difference]);
}
