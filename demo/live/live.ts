/**
 * The stack as a page shows it: each process, the table, rates and latencies. It polls only while a
 * page is open, and costs nothing otherwise.
 */

import type { ManagedProcess } from "../../kit/managed-process.ts";
import { Bus } from "../../shared/bus/connection.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import type { Audience, ProbeView, ProcessView, Role, Snapshot } from "../contract.ts";
import { ActivityLog } from "./activity-log.ts";
import { Meter, type Reading } from "./meter.ts";
import { Prober } from "./prober.ts";
import { TableView } from "./table.ts";

/** How often metrics are read and a probe is sent. Changes are sent without waiting for it. */
const POLL_EVERY_MS = 500;
/** Changes within this time are sent together. */
const NOTIFY_AFTER_MS = 30;

/** A process of the stack, and the URL of its metrics. */
export interface Watched {
  readonly managed: ManagedProcess;
  readonly role: Role;
  readonly metricsUrl?: string;
}

/** URLs of NATS, for the observer and for the publisher of probes. */
export interface NatsUrls {
  readonly observer: readonly string[];
  readonly publisher: readonly string[];
}

interface LiveOptions {
  readonly processes: readonly Watched[];
  readonly config: CommonConfig;
  readonly natsUrls: NatsUrls;
  readonly video: string;
  readonly audience: () => Audience & { readonly connected: number };
  /** Called with true when the first page opens, and with false when the last one closes. */
  readonly onWatched: (isWatched: boolean) => void;
}

export type Viewer = (snapshot: Snapshot) => void;

export class Live {
  readonly #options: LiveOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #meters = new Map<string, Meter>();
  readonly #activityLog = new ActivityLog();
  readonly #buses: Bus[] = [];
  #table: TableView | undefined;
  #prober: Prober | undefined;
  #probe: ProbeView | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #notifyTimer: NodeJS.Timeout | undefined;
  #isProbing = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    for (const { managed, metricsUrl } of options.processes) {
      if (metricsUrl !== undefined) this.#meters.set(managed.name, new Meter(metricsUrl));
    }
  }

  async start(): Promise<void> {
    const { config, video } = this.#options;
    const log = silentLog;
    const { natsUrls } = this.#options;
    const connected = (inbox: keyof NatsUrls) =>
      Bus.connect({
        servers: natsUrls[inbox],
        login: config,
        inbox,
        name: `ovation local stack, ${inbox}`,
        log,
      });
    const bus = await connected("observer");
    this.#buses.push(bus);
    const publisher = await connected("publisher");
    this.#buses.push(publisher);
    this.#prober = new Prober({ bus, publisher, video, now: monotonicNow });
    this.#table = new TableView({ bus, config, video, log, onChange: () => this.notify() });
    this.#table.start();
    if (this.#viewers.size > 0) this.#startPolling();
  }

  async stop(): Promise<void> {
    this.#stopPolling();
    clearTimeout(this.#notifyTimer);
    await this.#table?.stop();
    for (const bus of this.#buses) await bus.stop();
  }

  /** Sends snapshots to a viewer, now and on each change, until the returned function is called. */
  watch(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#startPolling();
    viewer(this.snapshot());
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#stopPolling();
    };
  }

  /** Sends a snapshot to all viewers soon, because something has changed. */
  notify(): void {
    if (this.#viewers.size === 0) return;
    this.#notifyTimer ??= setTimeout(() => {
      this.#notifyTimer = undefined;
      const snapshot = this.snapshot();
      for (const viewer of this.#viewers) viewer(snapshot);
    }, NOTIFY_AFTER_MS);
  }

  snapshot(): Snapshot {
    const { config, audience } = this.#options;
    const processes = this.#options.processes.map((watched) => this.#viewOf(watched));
    const rows = this.#table?.rows ?? [];
    this.#activityLog.note(processes, rows);
    const readings = [...this.#meters.values()].map(({ reading }) => reading);
    const sum = (of: (reading: Reading) => number) =>
      readings.reduce((total, reading) => total + (reading === undefined ? 0 : of(reading)), 0);
    return {
      at: Date.now(),
      processes,
      rows,
      isTableReadable: this.#table?.isReadable ?? false,
      leaseMs: config.leaseMs,
      rates: {
        eventsIn: sum(({ acceptedPerSecond }) => acceptedPerSecond),
        deliveriesOut: sum(({ deliveredPerSecond }) => deliveredPerSecond),
        framesOut: sum(({ framesPerSecond }) => framesPerSecond),
        bytesOut: sum(({ bytesPerSecond }) => bytesPerSecond),
      },
      ...(this.#probe === undefined ? {} : { probe: this.#probe }),
      audience: audience(),
      happenings: this.#activityLog.newest,
    };
  }

  #viewOf({ managed, role }: Watched): ProcessView {
    const { condition } = managed;
    const reading = this.#meters.get(managed.name)?.reading;
    const gatewayId = role === "gateway" ? this.#table?.gatewayIdOf(managed.name) : undefined;
    return {
      name: managed.name,
      role,
      state: condition.name,
      ...(condition.name === "running" ? { pid: condition.pid } : {}),
      ...(condition.name === "down" ? { backAtMs: condition.backAtMs } : {}),
      ...(gatewayId === undefined ? {} : { gatewayId }),
      ...(reading === undefined ? {} : figuresOf(role, reading)),
    };
  }

  #startPolling(): void {
    this.#options.onWatched(true);
    if (this.#prober === undefined) return;
    this.#prober.start();
    clearInterval(this.#pollTimer);
    this.#pollTimer = setInterval(() => void this.#poll(), POLL_EVERY_MS);
    void this.#poll();
  }

  #stopPolling(): void {
    this.#options.onWatched(false);
    clearInterval(this.#pollTimer);
    this.#prober?.stop();
  }

  async #poll(): Promise<void> {
    void this.#sendProbe();
    await Promise.all(
      this.#options.processes.map(({ managed }) =>
        this.#meters.get(managed.name)?.read(managed.pid),
      ),
    );
    this.notify();
  }

  /** One probe at a time: it takes a while to know that one is lost. */
  async #sendProbe(): Promise<void> {
    if (this.#isProbing || this.#prober === undefined) return;
    this.#isProbing = true;
    this.#probe = await this.#prober.probe();
    this.#isProbing = false;
    this.notify();
  }
}

function figuresOf(role: Role, reading: Reading): Partial<ProcessView> {
  const { cpu, memoryBytes, connections, frameMs } = reading;
  const common = { cpu, memoryBytes };
  switch (role) {
    case "gateway":
      return { ...common, connections, frameMs, eventsPerSecond: reading.deliveredPerSecond };
    case "dispatcher":
      return { ...common, eventsPerSecond: reading.acceptedPerSecond };
    default:
      return common;
  }
}
