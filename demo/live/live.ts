/**
 * The stack as a page shows it: each process, the table, rates and latencies. It looks only while
 * somebody looks at it, and costs nothing otherwise.
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

/** How often metrics are read and a probe is sent; changes are told at once. */
const POLL_EVERY_MS = 500;
/** Changes that come together are told together. */
const TELL_AFTER_MS = 30;

/** A process of the stack, and where its metrics are. */
export interface Watched {
  readonly kept: ManagedProcess;
  readonly role: Role;
  readonly metricsUrl?: string;
}

/** Where NATS is, for who looks on and for who publishes probes. */
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
  /** Somebody begins to look, or nobody does any more. */
  readonly onWatched: (isWatched: boolean) => void;
}

export type Viewer = (snapshot: Snapshot) => void;

export class Live {
  readonly #options: LiveOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #meters = new Map<string, Meter>();
  readonly #chronicle = new ActivityLog();
  readonly #buses: Bus[] = [];
  #table: TableView | undefined;
  #prober: Prober | undefined;
  #probe: ProbeView | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #tellTimer: NodeJS.Timeout | undefined;
  #isProbing = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    for (const { kept, metricsUrl } of options.processes) {
      if (metricsUrl !== undefined) this.#meters.set(kept.name, new Meter(metricsUrl));
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
    this.#table = new TableView({ bus, config, video, log, onChange: () => this.tell() });
    this.#table.start();
    if (this.#viewers.size > 0) this.#lookOn();
  }

  async stop(): Promise<void> {
    this.#lookAway();
    clearTimeout(this.#tellTimer);
    await this.#table?.stop();
    for (const bus of this.#buses) await bus.stop();
  }

  /** Tells a viewer of the stack, now and from now on, until the function that it returns is called. */
  watch(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#lookOn();
    viewer(this.snapshot());
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#lookAway();
    };
  }

  /** Something has changed: tells all viewers soon. */
  tell(): void {
    if (this.#viewers.size === 0) return;
    this.#tellTimer ??= setTimeout(() => {
      this.#tellTimer = undefined;
      const snapshot = this.snapshot();
      for (const viewer of this.#viewers) viewer(snapshot);
    }, TELL_AFTER_MS);
  }

  snapshot(): Snapshot {
    const { config, audience } = this.#options;
    const processes = this.#options.processes.map((watched) => this.#viewOf(watched));
    const rows = this.#table?.rows ?? [];
    this.#chronicle.note(processes, rows);
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
      happenings: this.#chronicle.newest,
    };
  }

  #viewOf({ kept, role }: Watched): ProcessView {
    const { condition } = kept;
    const reading = this.#meters.get(kept.name)?.reading;
    const gatewayId = role === "gateway" ? this.#table?.gatewayIdOf(kept.name) : undefined;
    return {
      name: kept.name,
      role,
      state: condition.name,
      ...(condition.name === "running" ? { pid: condition.pid } : {}),
      ...(condition.name === "down" ? { backAtMs: condition.backAtMs } : {}),
      ...(gatewayId === undefined ? {} : { gatewayId }),
      ...(reading === undefined ? {} : figuresOf(role, reading)),
    };
  }

  #lookOn(): void {
    this.#options.onWatched(true);
    if (this.#prober === undefined) return;
    this.#prober.start();
    clearInterval(this.#lookTimer);
    this.#lookTimer = setInterval(() => void this.#look(), POLL_EVERY_MS);
    void this.#look();
  }

  #lookAway(): void {
    this.#options.onWatched(false);
    clearInterval(this.#lookTimer);
    this.#prober?.stop();
  }

  async #look(): Promise<void> {
    void this.#sendProbe();
    await Promise.all(
      this.#options.processes.map(({ kept }) => this.#meters.get(kept.name)?.read(kept.pid)),
    );
    this.tell();
  }

  /** One at a time: one that is lost takes a while to be known as such. */
  async #sendProbe(): Promise<void> {
    if (this.#isProbing || this.#prober === undefined) return;
    this.#isProbing = true;
    this.#probe = await this.#prober.probe();
    this.#isProbing = false;
    this.tell();
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
