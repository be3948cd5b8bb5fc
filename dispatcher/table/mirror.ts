/**
 * The dispatcher's mirror of the subscription table and of the gateways' leases: kept current by a
 * watch, corrected by full reads. While the table can't be read, dispatching continues from here.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { BucketEntry } from "../../shared/bus/bucket-entry.ts";
import type { WatchedEntry } from "../../shared/bus/bucket-watch.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { BucketFollower, type Snapshot } from "../../shared/bus/follower.ts";
import { ServerFailover } from "../../shared/bus/server-failover.ts";
import { forEachInSlices } from "../../shared/lib/slices.ts";
import { isGatewayId } from "../../shared/protocol/names.ts";
import { parseRowKey, rowKey } from "../../shared/protocol/subjects.ts";
import { decodeRow } from "../../shared/protocol/table.ts";
import { Hop, type HopClock } from "../../shared/runtime/hops.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Leases } from "./leases.ts";
import type { RouteTable } from "./routes.ts";

/** Some milliseconds of work: events are dispatched in between. */
const ROWS_AT_ONCE = 1_000;

interface MirrorOptions {
  readonly bus: Bus;
  readonly subscriptions: Bucket;
  readonly frontends: Bucket;
  readonly routes: RouteTable;
  readonly leases: Leases;
  readonly reconcileIntervalMs: number;
  readonly leaseMs: number;
  readonly log: Log;
  readonly clock: HopClock;
  /** A gateway's lease as it is now; undefined when it is gone. */
  readonly onLease: (gateway: string, lease: Uint8Array | undefined) => void;
  /** A full read of the table changed a video's rows: the count sent last may be wrong. */
  readonly onCorrected: (video: string) => void;
}

/**
 * Distinguishes one renewal of a lease from the next. The revision alone is not enough: in a bucket
 * that was recreated, revisions start again.
 */
export function signOfLife(entry: BucketEntry): string {
  return `${entry.revision} ${Buffer.from(entry.value ?? []).toString()}`;
}

/** What full reads of the table had to correct, since the watch had missed it. */
export interface MirrorStats {
  rowsAdded: number;
  rowsChanged: number;
  rowsRemoved: number;
  reads: number;
  readFailures: number;
}

export class Mirror {
  readonly stats: MirrorStats = {
    rowsAdded: 0,
    rowsChanged: 0,
    rowsRemoved: 0,
    reads: 0,
    readFailures: 0,
  };
  /** From NATS to here, of rows that the watch delivers; nats-server 2.9 does not say when it began. */
  readonly lag = new Hop();
  readonly #options: MirrorOptions;
  readonly #rows: BucketFollower;
  readonly #leases: BucketFollower;
  readonly #loaded: Promise<unknown>;
  readonly #readable = { rows: false, leases: false };
  readonly #serverFailover: ServerFailover;
  #incarnation = "";
  #readAt = Number.NaN;
  #graceTimer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    const { bus, log, reconcileIntervalMs: resyncIntervalMs } = options;
    this.#serverFailover = new ServerFailover({
      bus,
      isServed: () => this.isReadable,
      patienceMs: options.leaseMs,
      now: monotonicNow,
      log,
    });
    const rowsLoaded = Promise.withResolvers<void>();
    const leasesLoaded = Promise.withResolvers<void>();
    this.#loaded = Promise.all([rowsLoaded.promise, leasesLoaded.promise]);
    this.#rows = new BucketFollower({
      bus,
      bucket: options.subscriptions,
      mayCreate: true,
      resyncIntervalMs,
      log,
      handlers: {
        onSnapshot: async (snapshot) => {
          this.#readable.rows = true;
          await this.#correctRows(snapshot);
          rowsLoaded.resolve();
        },
        onChange: (entry) => this.#rowChanged(entry),
        onUnreadable: (error) => this.#unreadable("rows", error),
      },
    });
    this.#leases = new BucketFollower({
      bus,
      bucket: options.frontends,
      mayCreate: true,
      resyncIntervalMs,
      log,
      handlers: {
        onSnapshot: async (snapshot) => {
          this.#correctLeases(snapshot);
          leasesLoaded.resolve();
        },
        onChange: (entry) => this.#leaseChanged(entry),
        onUnreadable: (error) => this.#unreadable("leases", error),
      },
    });
  }

  /** Whether the last reads of table and leases succeeded. */
  get isReadable(): boolean {
    return this.#readable.rows && this.#readable.leases;
  }

  /** Milliseconds since the last full read of the table; NaN before the first. */
  get readAgeMs(): number {
    return this.#options.clock.now() - this.#readAt;
  }

  /** Starts to follow; resolves when table and leases were read for the first time. */
  async start(): Promise<void> {
    this.#unlisten = this.#options.bus.onState((state) => {
      // Until both are read again, their data is older than the outage: no lease expires by it.
      if (state !== "connected") this.#readable.rows = this.#readable.leases = false;
    });
    this.#rows.start();
    this.#leases.start();
    this.#serverFailover.start();
    await this.#loaded;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#graceTimer);
    this.#serverFailover.stop();
    this.#unlisten?.();
    await Promise.all([this.#rows.stop(), this.#leases.stop()]);
  }

  /** Reads everything again, since the watch may have missed something. */
  resync(): void {
    this.#rows.resync("suspicion");
    this.#leases.resync("suspicion");
  }

  #unreadable(which: "rows" | "leases", error: unknown): void {
    this.stats.readFailures += 1;
    if (this.stats.reads === 0 && this.stats.readFailures === 1) {
      this.#options.log.warn({ which, err: error }, "waiting until the table can be read");
    }
    if (this.#readable[which]) {
      this.#options.log.warn(
        { which, err: error },
        "the table can't be read; going on from memory",
      );
    }
    this.#readable[which] = false;
  }

  #setRow(video: string, gateway: string, entry: BucketEntry): "same" | "added" | "changed" {
    const { routes, leases } = this.#options;
    const row = decodeRow(entry.value);
    if (row === undefined) return "same";
    const before = routes.row(video, gateway);
    leases.expect(gateway);
    if (!routes.set(video, gateway, { ...row, revision: entry.revision })) return "same";
    return before === undefined ? "added" : "changed";
  }

  #rowChanged(entry: WatchedEntry): void {
    const { clock } = this.#options;
    if (!Number.isNaN(entry.storedAt)) this.lag.passed(entry.storedAt, clock.wallAt(clock.now()));
    const name = parseRowKey(entry.key);
    if (name === undefined) return;
    if (entry.value === undefined) this.#options.routes.remove(name.video, name.gateway);
    else this.#setRow(name.video, name.gateway, entry);
  }

  /** Compares the table as it was just read with the mirror, and corrects the mirror. */
  async #correctRows({ entries, incarnation, reason }: Snapshot): Promise<void> {
    const { stats } = this;
    const { routes, onCorrected } = this.#options;
    stats.reads += 1;
    this.#readAt = this.#options.clock.now();
    const isFirst = reason === "start";
    await forEachInSlices(entries, ROWS_AT_ONCE, ([key, entry]) => {
      const name = parseRowKey(key);
      if (name === undefined) return;
      const outcome = this.#setRow(name.video, name.gateway, entry);
      if (isFirst || outcome === "same") return;
      if (outcome === "added") stats.rowsAdded += 1;
      else stats.rowsChanged += 1;
      onCorrected(name.video);
    });
    const isRecreated = this.#incarnation !== "" && this.#incarnation !== incarnation;
    this.#incarnation = incarnation;
    const missing: { readonly video: string; readonly gateway: string }[] = [];
    await forEachInSlices(routes.rows(), ROWS_AT_ONCE, ({ video, gateway }) => {
      if (!entries.has(rowKey(video, gateway))) missing.push({ video, gateway });
    });
    if (isRecreated && missing.length > 0) this.#waitForGateways(missing.length);
    if (this.#graceTimer !== undefined) return;
    await forEachInSlices(missing, ROWS_AT_ONCE, ({ video, gateway }) => {
      if (!routes.remove(video, gateway)) return;
      stats.rowsRemoved += 1;
      onCorrected(video);
    });
  }

  /**
   * The bucket was recreated, and the gateways are writing their rows again. Until they have had
   * time for it, a row that we know counts for more than its absence: an event sent to nobody costs
   * nothing, one not sent is lost.
   */
  #waitForGateways(missing: number): void {
    this.#options.log.warn(
      { missing },
      "the table was recreated; keeping known rows for a lease time",
    );
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => {
      this.#graceTimer = undefined;
      this.resync();
    }, this.#options.leaseMs);
  }

  #leaseChanged(entry: BucketEntry): void {
    const { leases, routes, onLease } = this.#options;
    if (!isGatewayId(entry.key)) return;
    onLease(entry.key, entry.value);
    if (entry.value === undefined) {
      leases.forget(entry.key);
      routes.setDead(entry.key, true);
      return;
    }
    leases.renew(entry.key, signOfLife(entry));
    routes.setDead(entry.key, false);
  }

  #correctLeases(snapshot: Snapshot): void {
    const { leases } = this.#options;
    // We could not see a sign of life while we were cut off: no lease expires for that.
    if (!this.#readable.leases) leases.restartClocks();
    this.#readable.leases = true;
    for (const entry of snapshot.entries.values()) this.#leaseChanged(entry);
  }
}
