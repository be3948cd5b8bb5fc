/**
 * The subscription table as this dispatcher has it: the mirror of its two buckets, rows that were
 * announced, leases that end, and the viewer counts that follow from it.
 */
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { decodeLease } from "../../shared/protocol/table.ts";
import type { HopClock } from "../../shared/runtime/hops.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Condition } from "../../shared/runtime/ops.ts";
import type { SettingsPeers } from "../../shared/runtime/settings-peers.ts";
import { Announced } from "./announced.ts";
import { type ViewerCount, ViewerCounts } from "./counts.ts";
import { Leases } from "./leases.ts";
import { Mirror } from "./mirror.ts";
import { Observers } from "./observers.ts";
import type { RouteTable } from "./routes.ts";
import { Sweeper } from "./sweep.ts";

interface SubscriptionTableOptions {
  readonly bus: Bus;
  readonly config: DispatcherConfig;
  /** Where the rows are kept in memory. */
  readonly routes: RouteTable;
  readonly clock: HopClock;
  readonly now: MonotonicClock;
  /** Learns the settings that each gateway's lease states. */
  readonly peers: Pick<SettingsPeers, "observe" | "gone">;
  /** Sends a video's viewers their number; throws when it can't be sent. */
  readonly sendCount: (video: string, count: ViewerCount) => Promise<void> | undefined;
  readonly log: Log;
}

export class SubscriptionTable {
  readonly leases: Leases;
  readonly mirror: Mirror;
  readonly announced: Announced;
  readonly observers: Observers;
  readonly sweeper: Sweeper;
  readonly counts: ViewerCounts;
  readonly #routes: RouteTable;
  /** Whether it has been read once. */
  #isRead = false;

  constructor(options: SubscriptionTableOptions) {
    const { bus, config, routes, clock, now, peers, sendCount, log } = options;
    const { leaseMs, reconcileIntervalMs } = config;
    const subscriptions = new Bucket(bus, subscriptionsBucket(config));
    const frontends = new Bucket(bus, frontendsBucket(config));
    this.#routes = routes;
    this.leases = new Leases(leaseMs, now);
    this.counts = new ViewerCounts({
      intervalMs: config.countIntervalMs,
      now,
      gateways: (video) => routes.subjects(video),
      count: (video) => ({
        viewers: routes.viewers(video),
        ...(config.countActors ? { actors: routes.actors(video) } : {}),
      }),
      isReadable: () => this.isReadable,
      send: sendCount,
    });
    const countAgain = (video: string) => void this.counts.request(video).catch(() => undefined);
    this.mirror = new Mirror({
      bus,
      subscriptions,
      frontends,
      routes,
      leases: this.leases,
      reconcileIntervalMs,
      leaseMs,
      log,
      clock,
      onLease: (gateway, lease) => {
        const peer = `gateway ${gateway}`;
        if (lease === undefined) peers.gone(peer);
        else peers.observe(peer, decodeLease(lease)?.settings);
      },
      onCorrected: countAgain,
    });
    this.announced = new Announced({ bus, routes, now });
    this.observers = new Observers({ bus, routes, now });
    this.sweeper = new Sweeper({
      subscriptions,
      frontends,
      routes,
      leases: this.leases,
      leaseMs,
      log,
      isReadable: () => this.isReadable && bus.state === "connected",
      onStaleMirror: () => this.mirror.resync(),
      onRowSwept: countAgain,
    });
  }

  /** False while it can't be read; what is in memory is used further. */
  get isReadable(): boolean {
    return this.mirror.isReadable;
  }

  /** The number of viewers of a video; undefined while the table can't be read. */
  viewers(video: string): number | undefined {
    return this.isReadable ? this.#routes.viewers(video) : undefined;
  }

  /**
   * Resolves when the table has been read.
   * @param stopping the process is to stop: nothing more is started
   */
  async start(stopping: AbortSignal): Promise<void> {
    this.announced.start();
    this.observers.start();
    await this.mirror.start();
    this.#isRead = true;
    if (!stopping.aborted) this.sweeper.start();
  }

  async stop(): Promise<void> {
    this.announced.stop();
    this.observers.stop();
    this.sweeper.stop();
    this.counts.stop();
    await this.mirror.stop();
  }

  /** Of readiness. */
  get condition(): Condition {
    if (!this.#isRead) return { name: "table", fault: "not read yet" };
    const warning = this.isReadable ? undefined : "can't be read; dispatching from memory";
    return { name: "table", warning };
  }
}
