/**
 * A gateway, the Frontend of the design: it holds viewers' connections and brings them the events of
 * the videos that they watch. This file only wires the parts together.
 */
import { hostname } from "node:os";
import type { Registry } from "prom-client";
import { Bus } from "../shared/bus/connection.ts";
import type { GatewayConfig } from "../shared/config/settings.ts";
import { KindTable } from "../shared/kinds.ts";
import { type Component, monotonicNow } from "../shared/lifecycle.ts";
import type { Log } from "../shared/log.ts";
import { createRegistry } from "../shared/metrics.ts";
import { busCondition, type Condition, OpsServer } from "../shared/ops.ts";
import { VERSION } from "../shared/version.ts";
import { Doors } from "./doors.ts";
import { FrameInterval } from "./frame-interval.ts";
import { FrameScheduler } from "./frame-scheduler.ts";
import { Interest } from "./interest.ts";
import { registerGatewayMetrics } from "./metrics.ts";
import { Publisher } from "./publisher.ts";
import { Registration } from "./registration.ts";
import { type ConnectionStats, emptyConnectionStats } from "./services.ts";
import { emptyDeliveryStats } from "./viewer.ts";

type State = "starting" | "running" | "draining" | "stopped";

export class Gateway implements Component {
  readonly id: string;
  readonly #config: GatewayConfig;
  readonly #log: Log;
  readonly #registry: Registry = createRegistry();
  readonly #ops: OpsServer;
  readonly #connections: ConnectionStats = emptyConnectionStats();
  readonly #startedAt = new Date().toISOString();
  #state: State = "starting";
  #port = 0;
  #opsPort = 0;
  #bus: Bus | undefined;
  #registration: Registration | undefined;
  #interest: Interest | undefined;
  #scheduler: FrameScheduler | undefined;
  #doors: Doors | undefined;

  constructor(id: string, config: GatewayConfig, log: Log) {
    this.id = id;
    this.#config = config;
    this.#log = log;
    this.#ops = new OpsServer({
      host: config.opsHost,
      port: config.opsPort,
      registry: this.#registry,
      checks: [
        () => ({ name: "state", fault: this.#state === "running" ? undefined : this.#state }),
        () => busCondition(this.#bus),
        () => this.#leaseCondition(),
      ],
    });
  }

  /** Where viewers connect, once started. */
  get port(): number {
    return this.#port;
  }

  /** Where health and metrics are served, once started. */
  get opsPort(): number {
    return this.#opsPort;
  }

  /** Connects, takes the lease, and only then opens its doors. */
  async start(): Promise<void> {
    const config = this.#config;
    this.#opsPort = await this.#ops.start();
    this.#log.info({ opsPort: this.#opsPort }, "health and metrics are served");
    const bus = await Bus.connect({
      servers: config.natsUrl,
      token: config.natsToken,
      name: `ovation-gateway-${this.id}`,
      log: this.#log,
    });
    this.#bus = bus;
    await this.#startParts(bus);
    this.#state = "running";
    this.#log.info({ nats: bus.serverVersion, port: this.#port }, "gateway runs");
  }

  async #startParts(bus: Bus): Promise<void> {
    const config = this.#config;
    const log = this.#log;
    const delivery = emptyDeliveryStats();
    const publisher = new Publisher({ bus, timeoutMs: config.requestTimeoutMs });
    const registration = new Registration({
      bus,
      gateway: this.id,
      config,
      log,
      describe: () => this.#describe(),
      onRowStored: (video) => publisher.askCount(video),
    });
    const interval = new FrameInterval(config.frameIntervalMinMs, config.frameIntervalMaxMs);
    const scheduler = new FrameScheduler({
      interval,
      viewersPerPass: config.frameGroupViewers,
      now: monotonicNow,
    });
    const interest = new Interest({
      bus,
      gateway: this.id,
      rows: registration.rows,
      lingerMs: config.lingerMs,
      audience: {
        frameEvents: config.frameEvents,
        frameBytes: config.viewerBufferBytes,
        groupViewers: config.frameGroupViewers,
        countIntervalMs: config.countIntervalMs,
        deduplicateMs: config.deduplicateMs,
        sseEpoch: this.id,
        scheduler,
        now: monotonicNow,
      },
    });
    const doors = new Doors(
      {
        gateway: this.id,
        rules: { kinds: new KindTable(config.kinds), dataLimitBytes: config.dataLimitBytes },
        interest,
        publisher,
        delivery,
        connections: this.#connections,
        log,
      },
      config,
    );
    this.#registration = registration;
    this.#interest = interest;
    this.#scheduler = scheduler;
    this.#doors = doors;
    registerGatewayMetrics(this.#registry, {
      bus,
      interest,
      interval,
      scheduler,
      rows: registration.rows,
      lease: registration.lease,
      connections: this.#connections,
      delivery,
    });
    await registration.start();
    scheduler.start();
    this.#port = await doors.start();
  }

  /** Takes nobody new, sends its viewers to the others, and leaves the table. */
  async drain(): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "draining";
    this.#log.info({ viewers: this.#connections.webSockets }, "gateway drains");
    await this.#doors?.drain();
    if (this.#bus?.state === "connected") await this.#registration?.end();
    await this.#bus?.flush();
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.#doors?.stop();
    this.#scheduler?.stop();
    this.#registration?.stop();
    this.#interest?.stop();
    await this.#bus?.stop();
    await this.#ops.stop();
    this.#log.info("gateway stopped");
  }

  /** What the lease tells of this gateway. */
  #describe(): Record<string, unknown> {
    return {
      version: VERSION,
      address: this.#config.address ?? `${hostname()}:${this.#port}`,
      startedAt: this.#startedAt,
      webSockets: this.#connections.webSockets,
      eventStreams: this.#connections.eventStreams,
      videos: this.#interest?.videoCount ?? 0,
    };
  }

  #leaseCondition(): Condition {
    const age = this.#registration?.lease.ageMs;
    return {
      name: "lease",
      warning:
        age !== undefined && age > this.#config.leaseMs
          ? "could not be renewed in time"
          : undefined,
    };
  }
}
