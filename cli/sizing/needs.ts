/**
 * How many gateways, dispatchers and NATS servers carry a flow. Gateways and dispatchers run their
 * JavaScript on one core each.
 */
import { connectionRoom } from "../../gateway/index.ts";
import type { Flows } from "./flows.ts";
import type { SizingInput } from "./settings.ts";

const US_PER_SECOND = 1_000_000;
/** The model doesn't cover more servers in one cluster: each is connected to all others. */
export const SERVERS_LIMIT = 32;

/** How many of one part an audience needs, and why. */
export interface Need {
  /** Enough while none is down. */
  readonly needed: number;
  /** Including the spares. */
  readonly total: number;
  /** What decides the number. */
  readonly because: "connections" | "processor" | "streams" | "replicas";
  /** Cores in use over all of them, on average. */
  readonly cores: number;
}

/** The share of a core that may be used. */
export function usable({ headroomPercent }: SizingInput): number {
  return 1 - headroomPercent / 100;
}

/** Viewers that one gateway may hold. */
export function viewersPerGateway({ files, ...limits }: SizingInput): number {
  return connectionRoom(limits, files).viewers;
}

/** Cores that each gateway spends on what dispatchers send it, on average. */
export function receiveCores(input: SizingInput, flows: Flows): number {
  return ((flows.emits / flows.gateways) * input.receiveUs) / US_PER_SECOND;
}

/** @returns with `needed` infinite when no number would do */
export function gatewayNeed(input: SizingInput, flows: Flows): Need {
  const { gatewayTls, ...costs } = input;
  const writeUs = costs.writeUs + (gatewayTls ? costs.tlsWriteUs : 0);
  const connectUs = costs.connectUs + (gatewayTls ? costs.tlsConnectUs : 0);
  const shared =
    (flows.socketWrites * writeUs +
      flows.connects * connectUs +
      (input.likes + input.comments) * costs.publishUs) /
    US_PER_SECOND;
  const own = receiveCores(input, flows);
  const byProcessor = forAll(shared, usable(input) - own);
  const byConnections = Math.ceil(input.viewers / viewersPerGateway(input));
  const streams = (input.viewers * input.ssePercent) / 100;
  const byStreams = Math.ceil(streams / input.eventStreamsLimit);
  const needed = Math.max(1, byProcessor, byConnections, byStreams);
  const because =
    needed === byConnections ? "connections" : needed === byStreams ? "streams" : "processor";
  const total = needed + input.spareGateways;
  return { needed, total, because, cores: shared + own * flows.gateways };
}

/** How many processes must share this work, when each has this much of a core free for it. */
function forAll(sharedCores: number, freeCores: number): number {
  return freeCores > 0 ? Math.max(1, Math.ceil(sharedCores / freeCores)) : Number.POSITIVE_INFINITY;
}

/** Cores that each dispatcher spends on the table, however many there are. */
export function tableCores(input: SizingInput, flows: Flows): number {
  const changes = flows.rowWrites + flows.leaseWrites + flows.records;
  const reads = ((flows.rows / input.rowsPerSecond) * 1_000) / input.reconcileIntervalMs;
  return (changes * input.changeUs) / US_PER_SECOND + reads;
}

/** @returns with `needed` infinite when no number would do */
export function dispatcherNeed(input: SizingInput, flows: Flows): Need {
  const requests =
    flows.likeRequests + flows.rowWrites + flows.totalsWrites + (input.comments - flows.records);
  const further = Math.max(0, flows.emits - requests - flows.records);
  const shared =
    (requests * input.requestUs + further * input.emitUs + flows.records * input.recordUs) /
    US_PER_SECOND;
  const own = tableCores(input, flows);
  const needed = forAll(shared, usable(input) - own);
  const total = needed + input.spareDispatchers;
  return { needed, total, because: "processor", cores: shared + own * flows.dispatchers };
}

/** Messages stored per second, each counted once for each replica. */
function storesOf(input: SizingInput, flows: Flows): number {
  return (
    (flows.rowWrites + flows.leaseWrites) * input.tableReplicas +
    (flows.records + flows.totalsWrites) * input.historyReplicas
  );
}

export function natsCoresOf(input: SizingInput, flows: Flows, servers: number): number {
  const moved = flows.nats.reduce((sum, flow) => sum + flow.in + flow.out, 0);
  const given = flows.nats.reduce((sum, flow) => sum + flow.out, 0);
  // Two processes connected at random are mostly on different servers, which pass the message on.
  const routed = (2 * given * (servers - 1)) / servers;
  const us = (moved + routed) * input.natsUs + storesOf(input, flows) * input.natsStoreUs;
  return us / US_PER_SECOND;
}

export function natsNeed(input: SizingInput, flows: Flows): Need {
  const least = Math.max(input.tableReplicas, input.historyReplicas);
  for (let servers = least; servers <= SERVERS_LIMIT; servers += 1) {
    const cores = natsCoresOf(input, flows, servers);
    if (cores > servers * input.natsCores * usable(input)) continue;
    const because = servers === least ? "replicas" : "processor";
    return { needed: servers, total: servers, because, cores };
  }
  const none = Number.POSITIVE_INFINITY;
  const cores = natsCoresOf(input, flows, SERVERS_LIMIT);
  return { needed: none, total: none, because: "processor", cores };
}
