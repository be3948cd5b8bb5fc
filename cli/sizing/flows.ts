/**
 * What flows through a deployment of a given size, a second: the acts of its parts, the messages that
 * NATS carries for them, and the frames that viewers get.
 */

import {
  BURST_SECONDS,
  FIRST_CHECK_MS,
  TELL_EVERY_MS,
  TOLD_FROM,
  WAIT_MS,
} from "../../gateway/index.ts";
import { MAX_BATCH } from "../../shared/protocol/events.ts";
import * as acts from "./acts.ts";
import { connectsPerSecond, type VideoSort, videoSorts } from "./audience.ts";
import { LIKE_MORE_BYTES, MESSAGE_BYTES, type MessageKind } from "./message-bytes.ts";
import { pace, placesTaken } from "./pace.ts";
import type { SizingInput } from "./settings.ts";

/** One sort of videos, as the deployment carries it. Rates are those of one video, a second. */
export interface VideoFlow extends VideoSort {
  /** Gateways that have viewers of it, on average. */
  readonly gateways: number;
  readonly likeRequests: number;
  readonly records: number;
  readonly rowWrites: number;
  readonly countsTold: number;
  /** Frames that each of its viewers gets. */
  readonly frames: number;
  readonly likesPerFrame: number;
  readonly commentsPerFrame: number;
}

/** What NATS carries for one sort of act, a second. */
export interface NatsFlow {
  readonly what: string;
  readonly in: number;
  readonly out: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Flows {
  readonly gateways: number;
  readonly dispatchers: number;
  readonly videos: readonly VideoFlow[];
  /** Rows of the subscription table. */
  readonly rows: number;
  readonly nats: readonly NatsFlow[];
  /** Over all videos, a second. */
  readonly likeRequests: number;
  readonly records: number;
  readonly rowWrites: number;
  readonly leaseWrites: number;
  readonly historyLooks: number;
  readonly socketWrites: number;
  /** Messages that a dispatcher sends to gateways, and gateways get. */
  readonly emits: number;
  readonly connects: number;
}

/** What flows, with so many gateways and dispatchers. */
export function flowsOf(input: SizingInput, gateways: number, dispatchers: number): Flows {
  const videos = videoSorts(input).map((sort) => videoFlow(input, sort, gateways, dispatchers));
  const over = (of: (flow: VideoFlow) => number) =>
    videos.reduce((sum, flow) => sum + flow.videos * of(flow), 0);
  const rows = over((flow) => flow.gateways);
  const looks = over(
    (flow) =>
      flow.gateways *
        (Math.exp((-flow.records * quietMs(input)) / 1_000) * (1_000 / input.historyCheckMs)) +
      FIRST_LOOKS * rowsBegun(flow),
  );
  const common = { gateways, dispatchers, videos, rows };
  const totals = {
    likeRequests: over((flow) => flow.likeRequests),
    records: over((flow) => flow.records),
    rowWrites: over((flow) => flow.rowWrites),
    leaseWrites: (gateways * 1_000) / input.leaseRenewMs,
    historyLooks: looks,
    socketWrites: over((flow) => flow.viewers * flow.frames),
    emits: over((flow) => flow.gateways * (flow.likeRequests + flow.records + flow.countsTold)),
    connects: connectsPerSecond(input),
  };
  return { ...common, ...totals, nats: natsFlows(input, { ...common, ...totals }) };
}

function videoFlow(
  input: SizingInput,
  sort: VideoSort,
  gatewayCount: number,
  dispatchers: number,
): VideoFlow {
  const { likes, comments, viewers, connects } = sort;
  const gateways = placesTaken(viewers, gatewayCount);
  const each = (rate: number, places: number, intervalMs: number) =>
    places === 0 ? 0 : places * pace(rate / places, intervalMs);
  // A gateway sends the likes that came while it waited for the answer to those before them.
  const waitMs = Math.min(input.requestMs, WAIT_MS);
  const likeRequests = Math.max(each(likes, gateways, waitMs), likes / MAX_BATCH);
  const records = pace(comments, input.storeMs);
  const rowWrites = each(2 * connects, gateways, input.countIntervalMs);
  const countsTold = dispatchers * tellsOf(rowWrites, dispatchers, input.countIntervalMs);
  const toldToViewers = Math.min(countsTold, 1_000 / input.countIntervalMs);
  const frames = pace(likeRequests + records + toldToViewers, input.frameIntervalMaxMs);
  return {
    ...sort,
    gateways,
    likeRequests,
    records,
    rowWrites,
    countsTold,
    frames,
    likesPerFrame: frames === 0 ? 0 : likes / frames,
    commentsPerFrame: frames === 0 ? 0 : comments / frames,
  };
}

/**
 * How often one dispatcher tells a video's count: once when it is asked, and again after each
 * interval in which a row changed.
 * @param changes of rows, a second, after each of which one of the dispatchers is asked
 */
function tellsOf(changes: number, dispatchers: number, intervalMs: number): number {
  if (changes === 0) return 0;
  const interval = intervalMs / 1_000;
  return 1 / (interval + (dispatchers / changes) * Math.exp(-changes * interval));
}

/** A chain that heard a record within this time needs no look. */
function quietMs({ historyCheckMs }: SizingInput): number {
  return Math.min(historyCheckMs, FIRST_CHECK_MS);
}

/** Looks at a video's history when a gateway begins with it: at once, and soon again. */
const FIRST_LOOKS = 2;

/** Rows that are written for the first time: viewers that come to a gateway that has none. */
function rowsBegun({ gateways, viewers, connects }: VideoFlow): number {
  const perGateway = viewers / Math.max(1, gateways);
  return connects * Math.exp(-Math.max(0, perGateway - 1));
}

function natsFlows(input: SizingInput, flows: Omit<Flows, "nats">): NatsFlow[] {
  const { gateways, dispatchers, videos, rows } = flows;
  const overVideos = (what: string, of: (flow: VideoFlow) => readonly acts.Sends[], likes = 1) =>
    natsFlow(
      what,
      videos.flatMap((flow) => times(of(flow), flow.videos)),
      likes,
    );
  const likes = videos.reduce((sum, flow) => sum + flow.videos * flow.likes, 0);
  const likesTogether = flows.likeRequests === 0 ? 1 : likes / flows.likeRequests;
  const reads = 1_000 / input.reconcileIntervalMs;
  return [
    overVideos(
      "likes",
      (flow) => times(acts.likeRequest(flow.gateways), flow.likeRequests),
      likesTogether,
    ),
    overVideos("comments", (flow) => [
      ...times(acts.commentRequest(), flow.comments),
      ...times(acts.record(flow.gateways, dispatchers), flow.records),
    ]),
    overVideos("viewer counts", (flow) => [
      ...times(acts.countRequest(), flow.rowWrites),
      ...times(acts.countTold(flow.gateways), flow.countsTold),
    ]),
    overVideos("rows of the table", (flow) => [
      ...times(acts.rowWrite(dispatchers), flow.rowWrites),
      ...times(acts.rowAnnounced(dispatchers), rowsBegun(flow)),
    ]),
    natsFlow("leases", [
      ...times(acts.leaseRenewal(dispatchers), flows.leaseWrites),
      ...times(acts.settingsAsked(dispatchers), (gateways * 1_000) / input.leaseMs),
    ]),
    natsFlow("reading the table whole", [
      ...times(acts.tableRead("dispatcher", rows + gateways), reads * dispatchers),
      ...times(acts.tableRead("gateway", rows / gateways), reads * gateways),
    ]),
    natsFlow("looks at the history", times(acts.historyLook(), flows.historyLooks)),
    natsFlow(
      "spending of actors",
      times(acts.spendingTold(gateways), spendingTold(input, gateways)),
    ),
  ];
}

/** At most: as if each actor published enough to be told of, which few do. */
function spendingTold({ likes, comments, actorPublishesPerSecond }: SizingInput, gateways: number) {
  const told = (likes + comments) / (BURST_SECONDS * actorPublishesPerSecond * TOLD_FROM);
  return gateways < 2 ? 0 : Math.min(told, (gateways * 1_000) / TELL_EVERY_MS);
}

function times(sends: readonly acts.Sends[], perSecond: number): acts.Sends[] {
  return sends.map((one) => ({ ...one, in: one.in * perSecond, out: one.out * perSecond }));
}

function natsFlow(what: string, sends: readonly acts.Sends[], likesTogether = 1): NatsFlow {
  const bytesOf = (kind: MessageKind) =>
    MESSAGE_BYTES[kind] +
    (kind === "like-request" || kind === "like-dispatched"
      ? (likesTogether - 1) * LIKE_MORE_BYTES[kind]
      : 0);
  return sends.reduce<NatsFlow>(
    (sum, one) => ({
      what,
      in: sum.in + one.in,
      out: sum.out + one.out,
      bytesIn: sum.bytesIn + one.in * bytesOf(one.kind),
      bytesOut: sum.bytesOut + one.out * bytesOf(one.kind),
    }),
    { what, in: 0, out: 0, bytesIn: 0, bytesOut: 0 },
  );
}
