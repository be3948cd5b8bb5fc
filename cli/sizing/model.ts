/** The whole calculation: what an audience needs. */

import { goodNumber, partOf } from "./cells.ts";
import { deliveryOf } from "./delivery.ts";
import { type Flows, flowsOf, type NatsFlow } from "./flows.ts";
import { isWithin, type Limit, limitsOf, PROCESSES_LIMIT, passedText } from "./limits.ts";
import { STORED_RECORD_BYTES, STORED_ROW_BYTES } from "./message-bytes.ts";
import { dispatcherNeed, gatewayNeed, type Need, natsNeed, viewersPerGateway } from "./needs.ts";
import { dispatcherSubscriptions, SUBSCRIPTIONS } from "./operations.ts";
import type { SizingInput } from "./settings.ts";

/** What an audience needs. Rates are per second, and memory is that of one process. */
export interface Sizing {
  /**
   * Deployments, each with its own NATS and a part of the videos. Everything below is for one of
   * them: the one with the hot video.
   */
  readonly cells: number;
  /** If several are needed: the limit that a single deployment would exceed. */
  readonly why: string | undefined;
  readonly viewers: number;
  readonly videos: number;
  readonly limits: readonly Limit[];
  readonly gateways: Need & {
    readonly viewersEach: number;
    /** The most that one may hold. */
    readonly viewersMost: number;
    readonly memoryBytes: number;
    readonly socketWrites: number;
    readonly publishes: number;
    readonly connects: number;
  };
  readonly dispatchers: Need & {
    readonly requests: number;
    /** Messages to gateways. */
    readonly emits: number;
    /** For the rows of the table, in addition to what any process takes. */
    readonly memoryBytes: number;
  };
  readonly nats: Need & {
    /** Messages and bytes, received and delivered. */
    readonly in: number;
    readonly out: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly flows: readonly NatsFlow[];
    readonly connections: number;
    readonly subscriptions: number;
    readonly rows: number;
    readonly rowWrites: number;
    readonly tableBytes: number;
    readonly leases: number;
    readonly leaseWrites: number;
    readonly records: number;
    readonly historyBytes: number;
    /** By which comments let the history grow in a day, at most, while none is removed. */
    readonly historyBytesPerDay: number;
  };
  readonly delivery: ReturnType<typeof deliveryOf>;
}

/**
 * Calculates with the fewest processes that carry the audience. If one deployment can't, the videos
 * are spread over several.
 * @throws TooMuch when even that can't carry the audience
 */
export function sizingOf(input: SizingInput): Sizing {
  const tried = (cells: number) => {
    const part = partOf(input, cells);
    const flows = settled(part);
    return { cells, part, flows, limits: limitsOf(part, flows) };
  };
  const whole = tried(1);
  if (isWithin(whole.limits)) {
    const { part, flows, limits } = whole;
    return { cells: 1, why: undefined, ...sizingOfCell(part, flows, limits) };
  }
  let tooFew = 1;
  let most = tried(Math.min(input.videos, 2));
  while (!isWithin(most.limits)) {
    if (most.cells === input.videos) throw new TooMuch(most.limits);
    tooFew = most.cells;
    most = tried(Math.min(input.videos, 2 * most.cells));
  }
  let fewest = most.cells;
  while (fewest - tooFew > 1) {
    const between = Math.floor((tooFew + fewest) / 2);
    if (isWithin(tried(between).limits)) fewest = between;
    else tooFew = between;
  }
  const cells = goodNumber(fewest, input.videos, (number) => processesOf(input, number));
  const { part, flows, limits } = tried(cells);
  return { cells, why: passedText(whole.limits), ...sizingOfCell(part, flows, limits) };
}

/** Processes of that many cells: the one with the hot video, and the others. */
function processesOf(input: SizingInput, cells: number): number {
  const [first, other] = [true, false].map((hasHot) => {
    const part = partOf(input, cells, hasHot);
    const flows = settled(part);
    return flows.gateways + flows.dispatchers + natsNeed(part, flows).total;
  }) as [number, number];
  return first + (cells - 1) * other;
}

/** One video alone is more than a deployment carries. */
export class TooMuch extends Error {
  override readonly name = "TooMuch";

  constructor(limits: readonly Limit[]) {
    super(`one video alone is too much: ${passedText(limits)}`);
  }
}

/**
 * The flows among as many processes as carry them. The number of gateways and that of dispatchers
 * depend on each other, so both grow until they suffice; if none would, the limits show it.
 */
function settled(input: SizingInput): Flows {
  let gateways = 1;
  let dispatchers = 1;
  for (;;) {
    const flows = flowsOf(input, gateways, dispatchers);
    const grown = (need: Need, now: number) => Math.max(now, Math.min(need.total, PROCESSES_LIMIT));
    const nextGateways = grown(gatewayNeed(input, flows), gateways);
    const nextDispatchers = grown(dispatcherNeed(input, flows), dispatchers);
    if (nextGateways === gateways && nextDispatchers === dispatchers) return flows;
    gateways = nextGateways;
    dispatchers = nextDispatchers;
  }
}

function sizingOfCell(
  input: SizingInput,
  flows: Flows,
  limits: readonly Limit[],
): Omit<Sizing, "cells" | "why"> {
  const { gateways, dispatchers, rows, nats } = flows;
  const sum = (of: (flow: NatsFlow) => number) => nats.reduce((all, flow) => all + of(flow), 0);
  const left = Math.max(1, gateways - input.spareGateways);
  const streams = input.ssePercent / 100;
  const viewerBytes =
    (1 - streams) * input.viewerBytes +
    streams * input.streamBytes +
    (input.gatewayTls ? input.tlsBytes : 0);
  const historyBytes = historyBytesOf(input, flows);
  const cached = Math.min(
    input.historyCacheBytes,
    (rows / gateways) * (historyBytes / input.videos),
  );
  return {
    viewers: input.viewers,
    videos: input.videos,
    limits,
    gateways: {
      ...gatewayNeed(input, flows),
      total: gateways,
      viewersEach: input.viewers / gateways,
      viewersMost: viewersPerGateway(input),
      memoryBytes: input.gatewayBytes + (input.viewers / left) * viewerBytes + cached,
      socketWrites: flows.socketWrites,
      publishes: input.likes + input.comments,
      connects: flows.connects,
    },
    dispatchers: {
      ...dispatcherNeed(input, flows),
      total: dispatchers,
      requests: flows.likeRequests + input.comments + flows.rowWrites,
      emits: flows.emits,
      memoryBytes: rows * input.rowBytes,
    },
    nats: {
      ...natsNeed(input, flows),
      in: sum((flow) => flow.in),
      out: sum((flow) => flow.out),
      bytesIn: sum((flow) => flow.bytesIn),
      bytesOut: sum((flow) => flow.bytesOut),
      flows: nats,
      connections: gateways + dispatchers,
      subscriptions: rows + gateways * SUBSCRIPTIONS.gateway + dispatcherSubscriptions(dispatchers),
      rows,
      rowWrites: flows.rowWrites,
      tableBytes: rows * STORED_ROW_BYTES,
      leases: gateways,
      leaseWrites: flows.leaseWrites,
      records: flows.records,
      historyBytes,
      historyBytesPerDay: historyGrowthOf(flows),
    },
    delivery: deliveryOf(input, flows),
  };
}

const DAY_SECONDS = 86_400;

function historyGrowthOf({ videos }: Flows): number {
  const comments = videos.reduce((sum, flow) => sum + flow.videos * flow.comments, 0);
  return comments * DAY_SECONDS * STORED_RECORD_BYTES;
}

/** Bytes on disk of one replica, once the videos have been watched for the whole retention time. */
function historyBytesOf(input: SizingInput, { videos }: Flows): number {
  const records = videos.reduce((sum, flow) => {
    // No comments are none forever, too.
    const inTime = flow.comments === 0 ? 0 : (flow.comments * input.historyAgeMs) / 1_000;
    return sum + flow.videos * Math.min(input.historyEvents, inTime);
  }, 0);
  return Math.min(input.historyTotalBytes, records * STORED_RECORD_BYTES);
}
