/** Who is admitted: pages by origin, viewers by number and address, requests by load. */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { openFilesLimit } from "../../shared/runtime/open-files.ts";
import { AcceptRateLimit } from "./accept-rate-limit.ts";
import { ClientAddresses } from "./client-address.ts";
import type { ClientKey } from "./client-key.ts";
import { type ConnectionRoom, connectionRoom, type RoomConfig } from "./connection-room.ts";
import type { ConnectionStats } from "./connection-stats.ts";
import { FullNoticeLimit } from "./full-notice-limit.ts";
import { Hosts } from "./hosts.ts";
import { type OriginHeaders, Origins } from "./origins.ts";
import { Overload } from "./overload.ts";

export type AdmissionConfig = RoomConfig &
  Pick<
    GatewayConfig,
    | "open"
    | "allowedHosts"
    | "allowedOrigins"
    | "trustedProxies"
    | "eventStreamsLimit"
    | "connectionsPerSecond"
    | "overloadDelayMs"
    | "memoryLimitBytes"
  >;

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
  /** Number of viewers by client address; never more entries than viewers. */
  readonly #viewers = new Map<ClientKey, number>();

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
    this.acceptRate.admit();
  }

  /**
   * Checks whether a WebSocket would be admitted now, without admitting it.
   * @throws OvationError overloaded, draining or connections_exceeded
   */
  checkSocket(address: ClientKey): void {
    this.#checkLimits(address);
    this.overload.requireRoom();
    this.acceptRate.check();
  }

  /** An admitted viewer is connected. When it disconnects, call {@link left}. */
  entered(address: ClientKey): void {
    this.#viewers.set(address, (this.#viewers.get(address) ?? 0) + 1);
  }

  left(address: ClientKey): void {
    const others = (this.#viewers.get(address) ?? 0) - 1;
    if (others > 0) this.#viewers.set(address, others);
    else this.#viewers.delete(address);
  }

  #checkLimits(address: ClientKey): void {
    this.overload.admitNewcomer();
    const limit = this.#perAddress;
    if ((this.#viewers.get(address) ?? 0) < limit) return;
    throw this.#exceeded(`${limit} viewers are connected from this address`, limit);
  }

  #exceeded(message: string, limit: number): OvationError {
    const retryAfterMs = this.overload.retryAfterMs();
    return new OvationError("connections_exceeded", message, { limit, retryAfterMs });
  }
}
