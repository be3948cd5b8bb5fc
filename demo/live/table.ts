/** The subscription table as the page shows it: one video's rows, and which gateways are alive. */

import { Bucket } from "../../shared/bus/bucket.ts";
import type { BucketEntry } from "../../shared/bus/bucket-entry.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { BucketFollower } from "../../shared/bus/follower.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { isGatewayId } from "../../shared/protocol/names.ts";
import { parseRowKey } from "../../shared/protocol/subjects.ts";
import { decodeLease, decodeRow } from "../../shared/protocol/table.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { RowView } from "../contract.ts";

interface Lease {
  /** The address that the gateway announces: in this stack, the name of its process. */
  readonly address: string;
  readonly sign: string;
  readonly seenAtMs: number;
}

interface TableOptions {
  readonly bus: Bus;
  readonly config: CommonConfig;
  readonly video: string;
  readonly log: Log;
  /** Called when a row was added, changed or removed. */
  readonly onChange: () => void;
}

export class TableView {
  readonly #video: string;
  readonly #leaseMs: number;
  readonly #onChange: () => void;
  readonly #rows = new Map<string, number>();
  readonly #leases = new Map<string, Lease>();
  readonly #followers: readonly BucketFollower[];
  #isReadable = false;

  constructor({ bus, config, video, log, onChange }: TableOptions) {
    this.#video = video;
    this.#leaseMs = config.leaseMs;
    this.#onChange = onChange;
    const follow = (bucket: Bucket, known: Map<string, unknown>, take: (e: BucketEntry) => void) =>
      new BucketFollower({
        bus,
        bucket,
        mayCreate: false,
        resyncIntervalMs: config.reconcileIntervalMs,
        log,
        handlers: {
          onSnapshot: async ({ entries }) => {
            this.#isReadable = true;
            for (const key of known.keys()) if (!entries.has(key)) known.delete(key);
            for (const entry of entries.values()) take(entry);
            this.#onChange();
          },
          onChange: take,
          onUnreadable: () => {
            this.#isReadable = false;
          },
        },
      });
    this.#followers = [
      follow(new Bucket(bus, subscriptionsBucket(config)), this.#rows, (entry) =>
        this.#takeRow(entry),
      ),
      follow(new Bucket(bus, frontendsBucket(config)), this.#leases, (entry) =>
        this.#takeLease(entry),
      ),
    ];
  }

  get isReadable(): boolean {
    return this.#isReadable;
  }

  /** The video's rows, most viewers first. */
  get rows(): readonly RowView[] {
    const now = performance.now();
    const rows = [...this.#rows].flatMap(([key, viewers]) => {
      const gatewayId = parseRowKey(key)?.gateway ?? "";
      const lease = this.#leases.get(gatewayId);
      if (lease === undefined) return [{ gatewayId, viewers, isDead: true }];
      const leaseAgeMs = Math.round(now - lease.seenAtMs);
      const isDead = leaseAgeMs > this.#leaseMs;
      return [{ gatewayId, viewers, process: lease.address, leaseAgeMs, isDead }];
    });
    return rows.sort((one, other) => other.viewers - one.viewers);
  }

  /** The latest id of a gateway by the name of its process. */
  gatewayIdOf(process: string): string | undefined {
    const ofProcess = [...this.#leases].filter(([, { address }]) => address === process);
    return ofProcess.sort(([, one], [, other]) => other.seenAtMs - one.seenAtMs)[0]?.[0];
  }

  start(): void {
    for (const follower of this.#followers) follower.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  #takeRow({ key, value }: BucketEntry): void {
    if (parseRowKey(key)?.video !== this.#video) return;
    if (value === undefined) this.#rows.delete(key);
    else this.#rows.set(key, decodeRow(value)?.viewers ?? 0);
    this.#onChange();
  }

  #takeLease({ key, value, revision }: BucketEntry): void {
    if (!isGatewayId(key)) return;
    if (value === undefined) {
      if (this.#leases.delete(key)) this.#onChange();
      return;
    }
    const sign = `${revision} ${Buffer.from(value).toString()}`;
    // A full read of the table repeats the last renewal; that doesn't show that the gateway is alive.
    if (this.#leases.get(key)?.sign === sign) return;
    const isNew = !this.#leases.has(key);
    this.#leases.set(key, {
      address: decodeLease(value)?.address ?? "",
      sign,
      seenAtMs: performance.now(),
    });
    if (isNew) this.#onChange();
  }
}
