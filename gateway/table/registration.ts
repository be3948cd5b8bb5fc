/**
 * This gateway's part of the subscription table: its lease and its rows, kept correct when NATS was
 * away, the buckets were created again, or others considered this gateway dead.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { ServerFailover } from "../../shared/bus/server-failover.ts";
import { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { watchedSubject } from "../../shared/protocol/subjects.ts";
import { decodeLease, type GatewayDescription } from "../../shared/protocol/table.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { PeerLease } from "../drain/pace.ts";
import { Lease } from "./lease.ts";
import { RowWriter } from "./row-writer.ts";

interface RegistrationOptions {
  readonly bus: Bus;
  readonly gateway: string;
  readonly config: GatewayConfig;
  readonly log: Log;
  /** What others can read about this gateway. */
  readonly describe: () => GatewayDescription;
  /** A row was written or removed. */
  readonly onRowStored: (video: string) => void;
}

const NOTHING = new Uint8Array();
/**
 * The longest wait for a write's confirmation. A server older than 2.10 does not answer while the
 * bucket is missing; dispatchers keep the rows of a recreated table for a lease time, and by then
 * they must be written.
 */
const PUT_MS = 2_000;
/** The longest wait for the other gateways' leases. */
const PEERS_MS = 1_000;

export class Registration {
  readonly lease: Lease;
  readonly rows: RowWriter;
  /** Removes rows from the table, one at a time. */
  readonly tombstones: TombstoneReaper;
  readonly #options: RegistrationOptions;
  readonly #subscriptions: Bucket;
  readonly #frontends: Bucket;
  readonly #serverFailover: ServerFailover;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void)[] = [];

  constructor(options: RegistrationOptions) {
    this.#options = options;
    const { bus, gateway, config, log } = options;
    this.#subscriptions = new Bucket(bus, subscriptionsBucket(config));
    this.#frontends = new Bucket(bus, frontendsBucket(config));
    this.tombstones = new TombstoneReaper({
      bus,
      bucket: this.#subscriptions,
      now: monotonicNow,
      log,
    });
    const putTimeoutMs = Math.min(PUT_MS, config.leaseMs / 4);
    this.rows = new RowWriter({
      bucket: this.#subscriptions,
      putTimeoutMs,
      tombstones: this.tombstones,
      gateway,
      intervalMs: config.countIntervalMs,
      now: monotonicNow,
      log,
      isConnected: () => bus.state === "connected",
      announce: (video) => bus.publish(watchedSubject(gateway, video), NOTHING),
      onStored: options.onRowStored,
    });
    this.lease = new Lease({
      bucket: this.#frontends,
      putTimeoutMs,
      gateway,
      leaseMs: config.leaseMs,
      renewMs: config.leaseRenewMs,
      now: monotonicNow,
      log,
      describe: options.describe,
      onLost: () => this.rows.rewriteAll(),
    });
    this.#serverFailover = new ServerFailover({
      bus,
      isServed: () => this.lease.ageMs < config.leaseMs,
      patienceMs: config.leaseMs,
      now: monotonicNow,
      log,
    });
  }

  /** Acquires the lease, retrying until that succeeds: a dispatcher must have created the buckets. */
  async start(): Promise<void> {
    const { bus, config } = this.#options;
    await this.lease.start();
    this.#serverFailover.start();
    this.tombstones.start();
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") this.#writeAllAgain();
      }),
      this.#subscriptions.onCreated(() => {
        this.tombstones.forget();
        this.rows.rewriteAll();
      }),
      this.#frontends.onCreated(() => void this.lease.renewAgain()),
    ];
    this.#timer = setInterval(() => this.#reconcile(), config.reconcileIntervalMs);
  }

  /** The other gateways' leases; undefined when they can't be read at the moment. */
  async peers(): Promise<readonly PeerLease[] | undefined> {
    // Without permission in NATS, there is no answer.
    const late = wait(PEERS_MS, undefined, { ref: false });
    return await Promise.race([this.#readPeers(), late]);
  }

  /** Removes rows and lease from the table, for good. */
  async end(): Promise<void> {
    this.#stopListening();
    await this.rows.removeAll();
    await this.lease.end();
  }

  stop(): void {
    this.#stopListening();
    this.rows.stop();
    this.lease.stop();
  }

  async #readPeers(): Promise<readonly PeerLease[] | undefined> {
    if (this.#options.bus.state !== "connected") return undefined;
    try {
      const entries = (await this.#frontends.read()) ?? [];
      const others = entries.filter(({ key }) => key !== this.#options.gateway);
      return others.flatMap(({ value }) => decodeLease(value) ?? []);
    } catch (error) {
      this.#options.log.warn({ err: error }, "the other gateways' leases could not be read");
      return undefined;
    }
  }

  #stopListening(): void {
    this.#serverFailover.stop();
    this.tombstones.stop();
    clearInterval(this.#timer);
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
  }

  #writeAllAgain(): void {
    void this.lease.renewAgain();
    this.rows.rewriteAll();
  }

  #reconcile(): void {
    if (this.#options.bus.state !== "connected") return;
    this.rows.reconcile().catch((error: unknown) => {
      this.#options.log.debug({ err: error }, "own rows could not be read");
    });
  }
}
