/** Who is admitted: pages by origin, viewers by number and address, requests by load. */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { openFilesLimit } from "../../shared/runtime/open-files.ts";
import { AcceptRateLimit } from "./accept-rate-limit.ts";
import { AddressCounts } from "./address-counts.ts";
import { ClientAddresses } from "./client-address.ts";
import { ClientBuckets } from "./client-buckets.ts";
import type { ClientKey } from "./client-key.ts";
import { clientBurst, clientShare } from "./client-share.ts";
import { type ConnectionRoom, connectionRoom, type RoomConfig } from "./connection-room.ts";
import type { ConnectionStats } from "./connection-stats.ts";
import { FullNoticeLimit } from "./full-notice-limit.ts";
import { Hosts } from "./hosts.ts";
import { type OriginHeaders, Origins } from "./origins.ts";
import { Overload } from "./overload.ts";
import type { ChangeableRate } from "./token-bucket.ts";

export type AdmissionConfig = RoomConfig &
  Pick<
    GatewayConfig,
    | "open"
    | "allowedHosts"
    | "allowedOrigins"
    | "trustedProxies"
    | "eventStreamsLimit"
    | "limitedClientsKept"
    | "connectionsPerSecond"
    | "overloadDelayMs"
    | "memoryLimitBytes"
  >;

/** How a viewer is connected: by a WebSocket or an event stream. */
export type ViewerWire = "socket" | "stream";

/** What a WebSocket request says about its sender. */
export interface Visitor extends OriginHeaders {
  /** The other end's address, 4 or 16 bytes. */
  readonly peer: Uint8Array;
  readonly forwardedFor: string;
}

export interface Admitted {
  /** The client's address. */
  readonly address: ClientKey;
  /** Set for a viewer that is only accepted to be told when to reconnect. */
  readonly reconnectAfterMs: number | undefined;
}

/** How fast the viewers of one address may connect, of all that a gateway admits. */
function arrivalRate(ofAll: number, sharePercent: number): ChangeableRate {
  const perSecond = clientShare(ofAll, sharePercent);
  return { name: "connections", perSecond, burst: clientBurst(ofAll, sharePercent) };
}

export class Admission {
  readonly room: ConnectionRoom;
  readonly hosts: Hosts;
  readonly origins: Origins;
  readonly overload: Overload;
  readonly acceptRate: AcceptRateLimit;
  readonly #fullNotices: FullNoticeLimit;
  readonly #addresses: ClientAddresses;
  readonly #perAddress: number;
  readonly #streamsLimit: number;
  readonly #connections: ConnectionStats;
  readonly #viewers = new AddressCounts();
  /** Those of them over Server-Sent Events. */
  readonly #streams = new AddressCounts();
  readonly #streamsPerAddress: number;
  /** How fast the viewers of one address may connect. */
  readonly #arrivals: ClientBuckets;
  readonly #arrivalRate: ChangeableRate;
  readonly #sharePercent: number;

  /** @param openFiles how many files the process may open; undefined: any number */
  constructor(
    config: AdmissionConfig,
    connections: ConnectionStats,
    now: MonotonicClock,
    openFiles = openFilesLimit(),
  ) {
    const room = connectionRoom(config, openFiles);
    this.room = room;
    this.hosts = new Hosts(config);
    this.origins = new Origins(config.allowedOrigins);
    this.#fullNotices = new FullNoticeLimit(now);
    this.#addresses = new ClientAddresses(config.trustedProxies);
    this.#perAddress = room.viewersPerAddress;
    this.#streamsLimit = config.eventStreamsLimit;
    this.#connections = connections;
    const { clientSharePercent: percent, limitedClientsKept } = config;
    this.#streamsPerAddress = clientShare(config.eventStreamsLimit, percent);
    this.#sharePercent = percent;
    this.#arrivalRate = arrivalRate(config.connectionsPerSecond, percent);
    this.#arrivals = new ClientBuckets(
      this.#arrivalRate,
      limitedClientsKept,
      { forgotten: 0 },
      now,
    );
    this.overload = new Overload({
      delayLimitMs: config.overloadDelayMs,
      memoryLimitBytes: config.memoryLimitBytes,
      connectionsLimit: room.viewers,
      connections: () => connections.webSockets + connections.eventStreams,
      now,
      random: Math.random,
    });
    this.acceptRate = new AcceptRateLimit({
      perSecond: config.connectionsPerSecond,
      now,
      random: Math.random,
    });
  }

  /** How many viewers are admitted per second. */
  get connectionsPerSecond(): number {
    return this.acceptRate.perSecond;
  }

  set connectionsPerSecond(perSecond: number) {
    this.acceptRate.perSecond = perSecond;
    Object.assign(this.#arrivalRate, arrivalRate(perSecond, this.#sharePercent));
  }

  /** How many addresses viewers are connected from. */
  get addressCount(): number {
    return this.#viewers.size;
  }

  /** What a TCP connection is counted by; undefined for a trusted proxy, which many clients share. */
  peerOf(peer: Uint8Array): ClientKey | undefined {
    return this.#addresses.isProxy(peer) ? undefined : this.clientOf(peer, "");
  }

  /** The address that a request's client is counted by. */
  clientOf(peer: Uint8Array, forwardedFor: string): ClientKey {
    return this.#addresses.clientOf(peer, forwardedFor);
  }

  /**
   * Admits a WebSocket or refuses it; a full gateway admits a bounded number only to say so.
   * @throws OvationError host_refused, origin_refused, overloaded, draining or connections_exceeded
   */
  admitSocket(visitor: Visitor): Admitted {
    this.hosts.check(visitor.host);
    this.origins.check(visitor);
    const address = this.clientOf(visitor.peer, visitor.forwardedFor);
    this.#checkLimits(address);
    this.#requirePace(this.#arrivals.take(address, 1));
    if (this.overload.isFull && !this.#fullNotices.take()) this.overload.requireRoom();
    this.acceptRate.admit();
    const { overload } = this;
    return { address, reconnectAfterMs: overload.isFull ? overload.turnAway() : undefined };
  }

  /**
   * A viewer over Server-Sent Events.
   * @throws OvationError overloaded, draining or connections_exceeded
   */
  admitStream(address: ClientKey): void {
    this.#checkLimits(address);
    this.overload.requireRoom();
    const limit = this.#streamsLimit;
    if (this.#connections.eventStreams >= limit) {
      throw this.#exceeded(`the gateway holds ${limit} event streams`, limit);
    }
    const share = this.#streamsPerAddress;
    if (this.#streams.of(address) >= share) {
      throw this.#exceeded(`${share} event streams are open from this address`, share);
    }
    this.#requirePace(this.#arrivals.take(address, 1));
    this.acceptRate.admit();
  }

  /**
   * Checks whether a WebSocket would be admitted now, without admitting it.
   * @throws OvationError overloaded, draining or connections_exceeded
   */
  checkSocket(address: ClientKey): void {
    this.#checkLimits(address);
    this.overload.requireRoom();
    this.#requirePace(this.#arrivals.waitMs(address, 1));
    this.acceptRate.check();
  }

  /** An admitted viewer is connected. When it disconnects, call {@link left}. */
  entered(address: ClientKey, wire: ViewerWire): void {
    this.#viewers.add(address);
    if (wire === "stream") this.#streams.add(address);
  }

  left(address: ClientKey, wire: ViewerWire): void {
    this.#viewers.remove(address);
    if (wire === "stream") this.#streams.remove(address);
  }

  #checkLimits(address: ClientKey): void {
    this.overload.admitNewcomer();
    const limit = this.#perAddress;
    if (this.#viewers.of(address) < limit) return;
    throw this.#exceeded(`${limit} viewers are connected from this address`, limit);
  }

  #requirePace(retryAfterMs: number): void {
    if (retryAfterMs === 0) return;
    const { perSecond: limit } = this.#arrivals.rate;
    const text = `${limit} viewers may connect from this address per second`;
    throw new OvationError("connections_exceeded", text, { limit, retryAfterMs });
  }

  #exceeded(message: string, limit: number): OvationError {
    const retryAfterMs = this.overload.retryAfterMs();
    return new OvationError("connections_exceeded", message, { limit, retryAfterMs });
  }
}
