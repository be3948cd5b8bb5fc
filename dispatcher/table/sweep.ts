/**
 * Ends the leases of dead gateways and removes their rows. Every dispatcher watches every lease;
 * the one whose removal of the lease succeeds sweeps the rows.
 */
import pMap from "p-map";
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { rowKey } from "../../shared/protocol/subjects.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Leases } from "./leases.ts";
import { signOfLife } from "./mirror.ts";
import type { RouteTable } from "./routes.ts";

const ROWS_AT_ONCE = 64;

interface SweeperOptions {
  readonly subscriptions: Bucket;
  readonly frontends: Bucket;
  readonly routes: RouteTable;
  readonly leases: Leases;
  readonly leaseMs: number;
  readonly log: Log;
  /** False while the table can't be read: nobody is declared dead then. */
  readonly isReadable: () => boolean;
  /** A lease is newer than we knew: the watch missed it. */
  readonly onStaleMirror: () => void;
  /** A row of a video is gone: its viewers must be counted again. */
  readonly onRowSwept: (video: string) => void;
}

export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #underWay = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Gateways found dead, and their rows that we removed. */
  readonly stats = { gatewaysDead: 0, rowsSwept: 0, failures: 0 };

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#poll(), this.#options.leaseMs / 10);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #poll(): void {
    if (!this.#options.isReadable()) return;
    for (const gateway of this.#options.leases.expired()) {
      if (this.#underWay.has(gateway)) continue;
      this.#underWay.add(gateway);
      this.#confirm(gateway)
        .catch((error: unknown) => {
          this.stats.failures += 1;
          // If we can't write, gateways can't renew their leases either: no lease expires for that.
          this.#options.leases.restartClocks();
          this.#options.log.warn({ gateway, err: error }, "a sweep failed; it is retried");
        })
        .finally(() => this.#underWay.delete(gateway));
    }
  }

  /** A gateway's silence may be our own watch's fault, so we read its lease from the bucket. */
  async #confirm(gateway: string): Promise<void> {
    const { frontends, leases, routes, onStaleMirror, log } = this.#options;
    const known = leases.sign(gateway);
    const newest = await frontends.get(gateway);
    if (this.#stopped) return;
    const entry = newest?.value === undefined ? undefined : newest;
    if (entry !== undefined && signOfLife(entry) !== known) {
      leases.renew(gateway, signOfLife(entry));
      return onStaleMirror();
    }
    // It may have shown a sign while we read.
    if (!leases.expired().includes(gateway)) return;
    if (entry === undefined && routes.videosOf(gateway).size === 0) return leases.forget(gateway);
    // The rows as they are now: one that is written later proves that the gateway is alive.
    const rows = [...routes.videosOf(gateway)].map((video) => ({
      video,
      revision: routes.row(video, gateway)?.revision ?? 0,
    }));
    if (entry !== undefined) {
      try {
        await frontends.remove(gateway, entry.revision);
      } catch (error) {
        // Another dispatcher was first, or the gateway is alive: the watch shows which.
        if (error instanceof RevisionConflict) return;
        throw error;
      }
    }
    // Not before the removal is stored: while NATS stores nothing, a live gateway keeps its events.
    routes.setDead(gateway, true);
    this.stats.gatewaysDead += 1;
    log.warn({ gateway, rows: rows.length }, "a gateway's lease ended");
    leases.forget(gateway);
    await this.#sweepRows(gateway, rows);
  }

  async #sweepRows(
    gateway: string,
    rows: readonly { readonly video: string; readonly revision: number }[],
  ): Promise<void> {
    const { subscriptions, onRowSwept } = this.#options;
    const remove = async ({ video, revision }: (typeof rows)[number]) => {
      if (this.#stopped) return;
      try {
        await subscriptions.remove(rowKey(video, gateway), revision);
      } catch (error) {
        if (error instanceof RevisionConflict) return;
        throw error;
      }
      this.stats.rowsSwept += 1;
      onRowSwept(video);
    };
    await pMap(rows, remove, { concurrency: ROWS_AT_ONCE });
  }
}
