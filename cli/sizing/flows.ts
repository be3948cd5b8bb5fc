/**
 * What flows through a deployment of a given size per second: the operations of its parts, the
 * messages that NATS carries for them, and the frames that viewers get.
 */

import { HEARTBEAT_MS } from "../../dispatcher/index.ts";
import {
  BURST_SECONDS,
  FIRST_CHECK_MS,
  REPORT_EVERY_MS,
  REPORT_FROM,
  STATE_CHECKS,
} from "../../gateway/index.ts";
import { SLOT_MS } from "../../shared/protocol/totals/timeline-document.ts";
import { connectsPerSecond, type VideoSort, videoSorts } from "./audience.ts";
import { likeFlow } from "./like-flow.ts";
import { bytesOf, type MessageKind } from "./message-bytes.ts";
import * as operations from "./operations.ts";
import { occupied, poissonRate } from "./poisson.ts";
import type { SizingInput } from "./settings.ts";

/** One sort of videos, as the deployment carries it. Rates are those of one video, per second. */
export interface VideoFlow extends VideoSort {
  /** Gateways that have viewers of it, on average. */
  readonly gateways: number;
  readonly likeRequests: number;
  /** Messages of likes that each of its gateways gets, from all dispatchers. */
  readonly likeMessages: number;
  readonly records: number;
  readonly rowWrites: number;
  readonly countsSent: number;
  /** Writes of its stored totals; after each, its gateways are sent them. */
  readonly totalsWrites: number;
  /** Writes of its timeline. */
  readonly timelineWrites: number;
  /** Frames that each of its viewers gets. */
  readonly frames: number;
  readonly likesPerFrame: number;
  readonly commentsPerFrame: number;
}

/** What NATS carries for one kind of operation, per second. */
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
  /** Over all videos, per second. */
  readonly likeRequests: number;
  readonly records: number;
  readonly rowWrites: number;
  readonly leaseWrites: number;
  readonly historyChecks: number;
  /** Writes of totals and of timelines. */
  readonly totalsWrites: number;
  /** Reads of videos' stored state. */
  readonly stateReads: number;
  readonly socketWrites: number;
  /** Messages that a dispatcher sends to gateways, and gateways get. */
  readonly emits: number;
  readonly connects: number;
}

/** The flows with that many gateways and dispatchers. */
export function flowsOf(input: SizingInput, gateways: number, dispatchers: number): Flows {
  const videos = videoSorts(input).map((sort) => videoFlow(input, sort, gateways, dispatchers));
  const over = (of: (flow: VideoFlow) => number) =>
    videos.reduce((sum, flow) => sum + flow.videos * of(flow), 0);
  const rows = over((flow) => flow.gateways);
  const historyChecks = over(
    (flow) =>
      flow.gateways *
        (Math.exp((-flow.records * quietMs(input)) / 1_000) * (1_000 / input.historyCheckMs)) +
      FIRST_CHECKS * newRows(flow),
  );
  const stateReads = over(
    (flow) =>
      (flow.gateways * 1_000) / (STATE_CHECKS * input.historyCheckMs) +
      FIRST_CHECKS * newRows(flow),
  );
  const common = { gateways, dispatchers, videos, rows };
  const totals = {
    likeRequests: over((flow) => flow.likeRequests),
    records: over((flow) => flow.records),
    rowWrites: over((flow) => flow.rowWrites),
    leaseWrites: (gateways * 1_000) / input.leaseRenewMs,
    historyChecks,
    stateReads,
    totalsWrites: over((flow) => flow.totalsWrites + flow.timelineWrites),
    socketWrites: over((flow) => flow.viewers * flow.frames),
    emits: over(
      (flow) =>
        flow.gateways * (flow.likeMessages + flow.records + flow.countsSent + flow.totalsWrites),
    ),
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
  const gateways = occupied(viewers, gatewayCount);
  const each = (rate: number, parts: number, intervalMs: number) =>
    parts === 0 ? 0 : parts * poissonRate(rate / parts, intervalMs);
  const { likeRequests, likeMessages } = likeFlow(input, likes, gateways, dispatchers);
  const records = poissonRate(comments, input.storeMs);
  const rowWrites = each(2 * connects, gateways, input.countIntervalMs);
  const countsSent = dispatchers * countMessages(rowWrites, dispatchers, input.countIntervalMs);
  const countsToViewers = Math.min(countsSent, 1_000 / input.countIntervalMs);
  // Of two dispatchers with events of it, each writes once an interval.
  const totalsWrites = each(likeRequests + records, dispatchers, input.totalsIntervalMs);
  const timelineWrites = each(likeRequests + records, dispatchers, SLOT_MS);
  const totalsToViewers = Math.min(totalsWrites, 1_000 / input.totalsIntervalMs);
  const ownEvents = countsToViewers + totalsToViewers;
  const frames = poissonRate(likeMessages + records + ownEvents, input.frameIntervalMaxMs);
  return {
    ...sort,
    gateways,
    likeRequests,
    likeMessages,
    records,
    rowWrites,
    countsSent,
    totalsWrites,
    timelineWrites,
    frames,
    likesPerFrame: frames === 0 ? 0 : likes / frames,
    commentsPerFrame: frames === 0 ? 0 : comments / frames,
  };
}

/**
 * How often one dispatcher sends a video's count: once when it is asked, and again after each
 * interval in which a row changed.
 * @param changes of rows per second; after each, one of the dispatchers is asked
 */
function countMessages(changes: number, dispatchers: number, intervalMs: number): number {
  if (changes === 0) return 0;
  const interval = intervalMs / 1_000;
  return 1 / (interval + (dispatchers / changes) * Math.exp(-changes * interval));
}

/** A chain that received a record within this time is not checked. */
function quietMs({ historyCheckMs }: SizingInput): number {
  return Math.min(historyCheckMs, FIRST_CHECK_MS);
}

/** History checks when a gateway begins to watch a video: one at once and one soon after. */
const FIRST_CHECKS = 2;

/** Rows that are written for the first time: for viewers who arrive at a gateway that has none. */
function newRows({ gateways, viewers, connects }: VideoFlow): number {
  const perGateway = viewers / Math.max(1, gateways);
  return connects * Math.exp(-Math.max(0, perGateway - 1));
}

function natsFlows(input: SizingInput, flows: Omit<Flows, "nats">): NatsFlow[] {
  const { gateways, dispatchers, videos, rows } = flows;
  const overVideos = (
    what: string,
    of: (flow: VideoFlow) => readonly operations.Sends[],
    likesTogether?: LikesTogether,
  ) =>
    natsFlow(
      what,
      videos.flatMap((flow) => times(of(flow), flow.videos)),
      likesTogether,
    );
  const sum = (of: (flow: VideoFlow) => number) =>
    videos.reduce((all, flow) => all + flow.videos * of(flow), 0);
  const likes = sum((flow) => flow.likes);
  const together = (messages: number) => (messages === 0 ? 1 : likes / messages);
  const reads = 1_000 / input.reconcileIntervalMs;
  return [
    overVideos(
      "likes",
      (flow) => [
        ...times(operations.likeRequest(), flow.likeRequests),
        ...times(operations.likesSent(flow.gateways), flow.likeMessages),
      ],
      {
        "like-request": together(flows.likeRequests),
        "like-dispatched": together(sum((flow) => flow.likeMessages)),
      },
    ),
    overVideos("comments", (flow) => [
      ...times(operations.commentRequest(), flow.comments),
      ...times(operations.record(flow.gateways, dispatchers), flow.records),
    ]),
    overVideos("viewer counts", (flow) => [
      ...times(operations.countRequest(), flow.rowWrites),
      ...times(operations.countSent(flow.gateways), flow.countsSent),
    ]),
    overVideos("rows of the table", (flow) => [
      ...times(operations.rowWrite(dispatchers), flow.rowWrites),
      ...times(operations.rowAnnouncement(dispatchers), newRows(flow)),
    ]),
    overVideos("totals", (flow) => {
      const writes = flow.totalsWrites + flow.timelineWrites;
      return [
        ...times(operations.totalsWrite(), writes),
        // A document that another dispatcher writes too is read first.
        ...times(operations.documentRead(), dispatchers > 1 ? writes : 0),
        ...times(operations.totalsSent(flow.gateways), flow.totalsWrites),
        ...times(operations.documentRead(), newRows(flow)),
      ];
    }),
    natsFlow("leases", [
      ...times(operations.leaseRenewal(dispatchers), flows.leaseWrites),
      ...times(operations.settingsRequest(dispatchers), (gateways * 1_000) / input.leaseMs),
      ...times(operations.dispatchingNotice(dispatchers), (dispatchers * 1_000) / HEARTBEAT_MS),
    ]),
    natsFlow("full reads of the table", [
      ...operations.watchChecks(gateways, dispatchers),
      ...times(operations.tableRead("dispatcher", rows + gateways), reads * dispatchers),
      ...times(operations.tableRead("gateway", rows / gateways), reads * gateways),
    ]),
    natsFlow("checks of the stores", operations.storeChecks(dispatchers)),
    natsFlow("history checks", times(operations.historyCheck(), flows.historyChecks)),
    natsFlow("state", times(operations.documentRead(), flows.stateReads)),
    natsFlow("actors' quotas", times(operations.quotaSync(gateways), quotaSyncs(input, gateways))),
  ];
}

/** An upper bound: as if each actor published enough to be reported, which few do. */
function quotaSyncs({ likes, comments, actorPublishesPerSecond }: SizingInput, gateways: number) {
  const reports = (likes + comments) / (BURST_SECONDS * actorPublishesPerSecond * REPORT_FROM);
  return gateways < 2 ? 0 : Math.min(reports, (gateways * 1_000) / REPORT_EVERY_MS);
}

function times(sends: readonly operations.Sends[], perSecond: number): operations.Sends[] {
  return sends.map((one) => ({ ...one, in: one.in * perSecond, out: one.out * perSecond }));
}

/** Likes in one message, on average. */
type LikesTogether = Readonly<Partial<Record<MessageKind, number>>>;

function natsFlow(
  what: string,
  sends: readonly operations.Sends[],
  likesTogether: LikesTogether = {},
): NatsFlow {
  const bytes = (kind: MessageKind) => bytesOf(kind, likesTogether[kind]);
  return sends.reduce<NatsFlow>(
    (sum, one) => ({
      what,
      in: sum.in + one.in,
      out: sum.out + one.out,
      bytesIn: sum.bytesIn + one.in * bytes(one.kind),
      bytesOut: sum.bytesOut + one.out * bytes(one.kind),
    }),
    { what, in: 0, out: 0, bytesIn: 0, bytesOut: 0 },
  );
}
