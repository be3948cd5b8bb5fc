/**
 * A Dispatcher: takes publish requests off the queue group and sends each to just those Frontends
 * that have viewers for it. This file only wires the parts together.
 */
import type { Registry } from "prom-client";
import { frontendsBucket, subscriptionsBucket } from "../shared/buckets.ts";
import { Bucket } from "../shared/bus/bucket.ts";
import { Bus, type BusSubscription } from "../shared/bus/connection.ts";
import type { DispatcherConfig } from "../shared/config/settings.ts";
import { KindTable, VIEWERS_KIND } from "../shared/kinds.ts";
import { type Component, monotonicNow } from "../shared/lifecycle.ts";
import type { Log } from "../shared/log.ts";
import { createRegistry } from "../shared/metrics.ts";
import { busCondition, type Condition, OpsServer } from "../shared/ops.ts";
import { DISPATCHER_QUEUE, PUBLISH_SUBJECTS, publishSubject } from "../shared/subjects.ts";
import { encodeMsgpack } from "../shared/wire/codec.ts";
import { ViewerCounts } from "./counts.ts";
import { Emitter } from "./emit.ts";
import { Intake } from "./intake.ts";
import { Leases } from "./leases.ts";
import { registerDispatcherMetrics } from "./metrics.ts";
import { Mirror } from "./mirror.ts";
import { RouteTable } from "./routes.ts";
import { Sweeper } from "./sweep.ts";

type State = "starting" | "running" | "draining" | "stopped";

export class Dispatcher implements Component {
  /** The table as this dispatcher sees it. */
  readonly routes = new RouteTable();
  readonly id: string;
  readonly #config: DispatcherConfig;
  readonly #log: Log;
  readonly #registry: Registry = createRegistry();
  readonly #ops: OpsServer;
  #state: State = "starting";
  #opsPort = 0;
  #bus: Bus | undefined;
  #mirror: Mirror | undefined;
  #sweeper: Sweeper | undefined;
  #counts: ViewerCounts | undefined;
  #subscription: BusSubscription | undefined;

  constructor(id: string, config: DispatcherConfig, log: Log) {
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
        () => this.#tableCondition(),
      ],
    });
  }

  /** Where health and metrics are served, once started. */
  get opsPort(): number {
    return this.#opsPort;
  }

  /** Connects, reads the table, and only then joins the queue group. */
  async start(): Promise<void> {
    const config = this.#config;
    this.#opsPort = await this.#ops.start();
    this.#log.info({ opsPort: this.#opsPort }, "health and metrics are served");
    const bus = await Bus.connect({
      servers: config.natsUrl,
      token: config.natsToken,
      name: `ovation-dispatcher-${this.id}`,
      log: this.#log,
    });
    this.#bus = bus;
    await this.#startParts(bus);
    this.#state = "running";
    this.#log.info({ nats: bus.serverVersion, rows: this.routes.rowCount }, "dispatcher runs");
  }

  async #startParts(bus: Bus): Promise<void> {
    const config = this.#config;
    const log = this.#log;
    const { routes } = this;
    const subscriptions = new Bucket(bus, subscriptionsBucket(config), log);
    const frontends = new Bucket(bus, frontendsBucket(config), log);
    const leases = new Leases(config.leaseMs, monotonicNow);
    const emitter = new Emitter({
      subjects: (video) => routes.subjects(video),
      publish: (subject, payload) => bus.publish(subject, payload),
      maxPayloadBytes: () => bus.maxPayloadBytes,
    });
    const counts = new ViewerCounts({
      intervalMs: config.countIntervalMs,
      viewers: (video) => routes.viewers(video),
      tell: (video, viewers) => {
        try {
          emitter.emit(video, [intake.viewersEvent(viewers)]);
        } catch {
          // The bus is away, which it counts; the gateways ask again when it is back.
        }
      },
    });
    const intake = new Intake({
      rules: { kinds: new KindTable(config.kinds), dataLimitBytes: config.dataLimitBytes },
      now: Date.now,
      log,
      emit: (video, events) => emitter.emit(video, events),
      askCount: (video) => counts.ask(video),
      answer: (reply, payload) => bus.publish(reply, payload),
    });
    const mirror = new Mirror({
      bus,
      subscriptions,
      frontends,
      routes,
      leases,
      reconcileIntervalMs: config.reconcileIntervalMs,
      leaseMs: config.leaseMs,
      log,
    });
    const sweeper = new Sweeper({
      subscriptions,
      frontends,
      routes,
      leases,
      leaseMs: config.leaseMs,
      log,
      isReadable: () => mirror.isReadable && bus.state === "connected",
      onStaleMirror: () => mirror.resync(),
      onRowSwept: (video) =>
        bus.publish(publishSubject(video), encodeMsgpack({ kind: VIEWERS_KIND })),
    });
    this.#mirror = mirror;
    this.#counts = counts;
    this.#sweeper = sweeper;
    registerDispatcherMetrics(this.#registry, {
      bus,
      intake,
      emitter,
      mirror,
      routes,
      leases,
      sweeper,
      counts,
    });
    await mirror.start();
    if (this.#state === "stopped") return;
    sweeper.start();
    this.#subscription = bus.subscribe(
      PUBLISH_SUBJECTS,
      (payload, subject, reply) => intake.take(payload, subject, reply),
      DISPATCHER_QUEUE,
    );
    await bus.flush();
  }

  /** Leaves the queue group, and finishes what it took. */
  async drain(): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "draining";
    this.#log.info("dispatcher drains");
    await this.#subscription?.drain();
    await this.#bus?.flush();
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    this.#sweeper?.stop();
    this.#counts?.stop();
    await this.#mirror?.stop();
    await this.#bus?.stop();
    await this.#ops.stop();
    this.#log.info("dispatcher stopped");
  }

  #tableCondition(): Condition {
    if (this.#mirror === undefined) return { name: "table", fault: "not read yet" };
    return {
      name: "table",
      warning: this.#mirror.isReadable ? undefined : "can't be read; dispatching from memory",
    };
  }
}
