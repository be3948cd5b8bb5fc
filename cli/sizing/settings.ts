/**
 * The input of a sizing: the expected audience, the shape of the deployment, what each operation
 * costs, and the settings of gateways and dispatchers that the numbers depend on.
 */

import { gatewaySettings } from "../../shared/config/gateway-settings.ts";
import {
  boolean,
  type ConfigOf,
  integer,
  type Setting,
  type SettingGroup,
} from "../../shared/config/setting.ts";
import { commonSettings, dispatcherSettings } from "../../shared/config/settings.ts";
import { decimal, optionalDecimal } from "./number-settings.ts";

/** Who watches, and what they do. */
export const audienceSettings = {
  viewers: integer({
    min: 1,
    max: 1_000_000_000,
    default: 10_000,
    doc: "How many viewers watch at the same time, over all videos.",
  }),
  videos: integer({
    min: 1,
    max: 100_000_000,
    default: 1,
    doc: "How many videos are watched at the same time.",
  }),
  hotPercent: decimal({
    min: 0,
    max: 100,
    default: 0,
    unit: "percent",
    doc: "The share of all viewers who watch one and the same video; the others are spread evenly over the rest. 0: all videos have the same number of viewers.",
  }),
  likes: decimal({
    min: 0,
    max: 1_000_000_000,
    default: 100,
    unit: "a second",
    doc: "Likes published, over all videos.",
  }),
  hotLikes: optionalDecimal({
    min: 0,
    max: 1_000_000_000,
    unit: "a second",
    doc: "How many of the likes go to the hot video. When unset, in proportion to its viewers.",
  }),
  comments: decimal({
    min: 0,
    max: 1_000_000_000,
    default: 10,
    unit: "a second",
    doc: "Comments published, over all videos in proportion to their viewers.",
  }),
  connects: optionalDecimal({
    min: 0,
    max: 1_000_000_000,
    unit: "a second",
    doc: "Viewers who arrive; as many leave. When unset, each stays for ten minutes.",
  }),
  ssePercent: decimal({
    min: 0,
    max: 100,
    default: 0,
    unit: "percent",
    doc: "The share of viewers on Server-Sent Events; the others are on WebSockets with MessagePack.",
  }),
} as const satisfies SettingGroup;

/** The shape of the deployment. */
export const deploymentSettings = {
  headroomPercent: decimal({
    min: 0,
    max: 90,
    default: 50,
    unit: "percent",
    doc: "The share of each core that is kept free for moments that are busier than these numbers.",
  }),
  spareGateways: integer({
    min: 0,
    max: 10_000,
    default: 1,
    doc: "How many gateways may be down while the others carry everything.",
  }),
  spareDispatchers: integer({
    min: 0,
    max: 10_000,
    default: 1,
    doc: "How many dispatchers may be down while the others carry everything.",
  }),
  files: integer({
    min: 128,
    max: 100_000_000,
    default: 20_000,
    doc: "How many files a gateway process may have open (`ulimit -n`); each viewer takes one.",
  }),
  gatewayTls: boolean({ default: false, doc: "Whether the gateways terminate TLS themselves." }),
  natsCores: integer({
    min: 1,
    max: 1024,
    default: 4,
    doc: "How many cores each NATS server has.",
  }),
} as const satisfies SettingGroup;

function cost(defaultUs: number, doc: string): Setting<number> {
  return decimal({ min: 0.01, max: 1_000_000, default: defaultUs, unit: "µs of a core", doc });
}

function perSecond(count: number, doc: string): Setting<number> {
  return decimal({ min: 1, max: 1_000_000_000, default: count, unit: "a second", doc });
}

function memory(bytes: number, doc: string): Setting<number> {
  return decimal({ min: 1, max: 1_000_000_000_000, default: bytes, unit: "bytes", doc });
}

/**
 * What each operation costs, as `npm run bench -- costs` and the bench's other scenarios measured it;
 * `docs/sizing.md` says how to measure your own.
 */
export const costSettings = {
  writeUs: cost(9, "A gateway: a write to a viewer's socket, with everything it involves."),
  tlsWriteUs: cost(2.3, "A gateway: what TLS adds to a write."),
  connectUs: cost(145, "A gateway: a viewer that connects and subscribes."),
  tlsConnectUs: cost(290, "A gateway: what TLS adds to a connect."),
  receiveUs: cost(9, "A gateway: a message that it receives from a dispatcher."),
  publishUs: cost(80, "A gateway: an event that a viewer publishes."),
  requestUs: cost(9.2, "A dispatcher: a publish request, sent to one gateway and answered."),
  emitUs: cost(1.3, "A dispatcher: sending the event to one more gateway."),
  recordUs: cost(200, "A dispatcher: storing a comment, with everything it involves."),
  changeUs: cost(13, "A dispatcher: a change of the table that it receives."),
  natsUs: cost(1.5, "NATS: a message that it receives or delivers."),
  natsStoreUs: cost(15, "NATS: a message that it stores, on each server with a replica."),
  rowsPerSecond: perSecond(16_000, "Rows that a dispatcher reads in a full read of the table."),
  storesPerSecond: perSecond(30_000, "Messages that one JetStream stream stores."),
  looksPerSecond: perSecond(25_000, "Reads of the newest message of a video's history."),
  viewerBytes: memory(1_058, "A gateway: each viewer on a WebSocket."),
  streamBytes: memory(2_900, "A gateway: each viewer on Server-Sent Events."),
  tlsBytes: memory(3_700, "A gateway that terminates TLS: each viewer, in addition."),
  gatewayBytes: memory(100_000_000, "A gateway without viewers."),
  rowBytes: memory(700, "A dispatcher: each row of the table."),
  requestMs: decimal({
    min: 0.01,
    max: 60_000,
    default: 2.7,
    unit: "ms",
    doc: "How long a gateway waits for the answer to a publish request; likes that arrive meanwhile are sent together.",
  }),
  storeMs: decimal({
    min: 0.01,
    max: 60_000,
    default: 5,
    unit: "ms",
    doc: "How long it takes to store a comment; comments that arrive meanwhile are stored together.",
  }),
} as const satisfies SettingGroup;

/** Settings of gateways and dispatchers. */
export const productSettings = {
  frameIntervalMinMs: gatewaySettings.frameIntervalMinMs,
  frameIntervalMaxMs: gatewaySettings.frameIntervalMaxMs,
  frameEvents: gatewaySettings.frameEvents,
  connectionsLimit: gatewaySettings.connectionsLimit,
  httpConnectionsLimit: gatewaySettings.httpConnectionsLimit,
  connectionsPerAddress: gatewaySettings.connectionsPerAddress,
  clientSharePercent: gatewaySettings.clientSharePercent,
  eventStreamsLimit: gatewaySettings.eventStreamsLimit,
  historyCheckMs: gatewaySettings.historyCheckMs,
  historyCacheBytes: gatewaySettings.historyCacheBytes,
  actorPublishesPerSecond: gatewaySettings.actorPublishesPerSecond,
  fanoutWindowMs: dispatcherSettings.fanoutWindowMs,
  leaseMs: commonSettings.leaseMs,
  leaseRenewMs: commonSettings.leaseRenewMs,
  reconcileIntervalMs: commonSettings.reconcileIntervalMs,
  countIntervalMs: commonSettings.countIntervalMs,
  totalsIntervalMs: commonSettings.totalsIntervalMs,
  tableReplicas: commonSettings.tableReplicas,
  historyReplicas: commonSettings.historyReplicas,
  historyEvents: commonSettings.historyEvents,
  historyAgeMs: commonSettings.historyAgeMs,
  historyTotalBytes: commonSettings.historyTotalBytes,
} as const satisfies SettingGroup;

export const sizingSettings = {
  ...audienceSettings,
  ...deploymentSettings,
  ...costSettings,
  ...productSettings,
} as const satisfies SettingGroup;

export type SizingInput = ConfigOf<typeof sizingSettings>;
